import type { FastGuard } from '../http/fast-guard.ts';
import type { NodeRequest } from '../http/request.ts';
import { errorResponseOf, type HttpResponse } from '../http/response.ts';
import type { FastPath } from '../http/server.ts';
import type { RequestHandler } from './handle-request.ts';
import type { Route } from './route.ts';

/**
 * Answers the POST requests of routes marked `fastPath` without the objects of the Fetch standard, which cost more than
 * storing an event (docs/decisions/0010). The checks and the responses are those of the request guard.
 */
export const createFastPath = (
  guard: FastGuard,
  { routes, handler }: { readonly routes: readonly Route[]; readonly handler: RequestHandler },
): FastPath => {
  const routeOf = new Map(routes.filter(({ fastPath }) => fastPath).map((route) => [route.path, route]));

  const handle = async (route: Route, request: NodeRequest): Promise<HttpResponse> => {
    const response = await handler.handle(route, request);
    if (response instanceof Response) throw new TypeError(`${route.path} must not answer with a Response`);
    return response;
  };
  const refuse = (error: unknown, { id }: NodeRequest): HttpResponse => errorResponseOf(error, id);

  return (incoming) => {
    if (incoming.method !== 'POST') return undefined;
    const address = guard.addressOf(incoming);
    const route = address && (routeOf.get(address.pathname) ?? routeOf.get(address.pathname.replace(/\/$/, '')));
    if (!route) return undefined;
    return {
      isStream: route.body?.isStream === true,
      respond: (outgoing) =>
        guard.respond(incoming, outgoing, address, { handle: (request) => handle(route, request), refuse }),
    };
  };
};
