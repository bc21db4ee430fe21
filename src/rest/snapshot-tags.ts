import type { Services } from '../context.ts';
import { hasAnswer, installationOf, revalidatedEachTime, snapshotTag } from '../http/etag.ts';
import type { HttpRequest } from '../http/request.ts';
import type { BasisRequest, Route } from './route.ts';

/** The ETag of an answer that is about to be computed. */
interface SnapshotTag {
  /** The response to a client that has the answer already; null for others. */
  readonly notModified: Response | null;
  /** The headers of the answer, once it is computed: without the tag when it may be that of a later state. */
  headers(): Readonly<Record<string, string>>;
}

/** Returns the tag for each request, null for that of a route without a `basis`. Throws what the basis throws. */
export const createSnapshotTags = (
  services: Services,
): ((request: HttpRequest, route: Route, read: BasisRequest) => SnapshotTag | null) => {
  const { server, config, eraser } = services;
  let installation: string | undefined;
  return (request, { basis }, read) => {
    if (!basis) return null;
    installation ??= installationOf(server.version, config, eraser.erasures());
    const { pathname, search } = request;
    const current = (): string => {
      const { state, parts } = basis(services, read);
      return snapshotTag(state, [installation, pathname, search, parts]);
    };
    const etag = current();
    const headers = { etag, ...revalidatedEachTime };
    const isKnown = hasAnswer(etag, request.header('if-none-match'));
    return {
      notModified: isKnown ? new Response(null, { status: 304, headers }) : null,
      // What was recorded during the computation may be in the answer or not.
      headers: () => (current() === etag ? headers : revalidatedEachTime),
    };
  };
};
