import { createHash } from 'node:crypto';
import { rm, stat } from 'node:fs/promises';
import type { HostPort } from '../../lib/host-port.ts';
import { type LinkLimits, type LinkOptions, type LinkValidators, openGuardedUrl } from '../../sources/guarded-url.ts';
import type { DatasetSource } from '../datasets/import-version.ts';
import type { Spool } from './spool.ts';

/** What a refresh must know of the content behind a link. */
export interface LinkContent extends LinkValidators {
  readonly sha256: string;
}

/** The file behind a link, whose download has begun. */
export interface LinkSource extends DatasetSource {
  /** The server says that the content is still that of the validators: there is nothing to fetch. */
  readonly isNotModified: boolean;
  /** Known once the file is fetched. */
  content(): LinkContent;
}

export interface LinkSourceServices {
  readonly spool: Spool;
  readonly limits: LinkLimits & { readonly importAllow: readonly HostPort[] };
}

/** Opens links as sources of datasets, each guarded by the rules of links. */
export class LinkSources {
  readonly #services: LinkSourceServices;

  constructor(services: LinkSourceServices) {
    this.#services = services;
  }

  /** The download starts at once, even while the import waits for others. Throws the errors of `openGuardedUrl`. */
  async open(url: string, options: Pick<LinkOptions, 'validators' | 'signal'> = {}): Promise<LinkSource> {
    const { spool, limits } = this.#services;
    const link = await openGuardedUrl(url, limits, { ...options, allow: limits.importAllow });
    const hash = createHash('sha256');
    let sha256 = '';
    async function* hashed(): AsyncGenerator<Uint8Array> {
      for await (const chunk of link.chunks) {
        hash.update(chunk);
        yield chunk;
      }
      sha256 = hash.digest('hex');
    }
    const spooled = link.isNotModified ? Promise.resolve(null) : spool(hashed());
    // `fetch` reports the error.
    spooled.catch(() => undefined);
    return {
      name: linkWithoutSecrets(url),
      bytes: link.bytesTotal ?? 0,
      isNotModified: link.isNotModified,
      content: () => ({ ...link.validators, sha256 }),
      progress: () => ({ bytesRead: link.bytesRead, bytesTotal: link.bytesTotal ?? 0 }),
      async fetch(signal) {
        signal.addEventListener('abort', link.close);
        const path = (await spooled) ?? '';
        return { path, bytes: (await stat(path)).size };
      },
      async discard() {
        link.close();
        const path = await spooled.catch(() => null);
        if (path !== null) await rm(path, { force: true });
      },
    };
  }
}

/** The link without user information and query, which may contain secrets. */
export const linkWithoutSecrets = (text: string): string => {
  if (!URL.canParse(text)) return 'a link';
  const { protocol, host, pathname } = new URL(text);
  return `${protocol}//${host}${pathname}`.slice(0, 500);
};
