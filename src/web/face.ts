import { createHash } from 'node:crypto';
import { parseAccept } from 'hono/utils/accept';
import { preferredType } from '../http/accept.ts';
import { isCached } from '../http/etag.ts';
import type { GuardedFace } from '../http/request-guard.ts';
import { type Encoding, encodings, type UiFile, type UiFiles } from './ui-files.ts';

/**
 * The first parts of the pages' paths. `src/web/ui/app/router.tsx` has the pages themselves. Of these only `datasets` is a
 * REST route as well: browsers that navigate there get the page, programs the rows.
 */
const pages = ['', 'revenue', 'experiments', 'users', 'conversations', 'datasets', 'lookup', 'intake', 'api'];

/** Paths below a page that belong to REST whoever opens them, such as the export of a dataset. */
const isPage = (pathname: string): boolean => {
  const [first = '', ...rest] = pathname.slice(1).split('/');
  return pages.includes(first) && (first !== 'datasets' || rest.length < 2);
};

/** Nothing comes from elsewhere. Component libraries and charts write styles of their own, never scripts. */
const uiPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "frame-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Answers browsers with the web UI, and passes every other request on to `next`. */
export const createUiFace = (files: UiFiles, next: GuardedFace): GuardedFace => ({
  async respond(request, requestId) {
    const path = files.isBuilt ? pathOf(request, files) : undefined;
    const file = path === undefined ? undefined : await files.read(path, acceptedEncodings(request));
    return file ? responseOf(request, file) : next.respond(request, requestId);
  },
  refuse: next.refuse,
});

/** The file that answers a request; undefined for a request that is not one of the UI. */
const pathOf = ({ method, url, headers }: Request, files: UiFiles): string | undefined => {
  if (method !== 'GET' && method !== 'HEAD') return undefined;
  const { pathname } = new URL(url);
  if (pathname !== '/index.html' && files.has(pathname)) return pathname;
  // Browsers ask for it beside what names no icon, such as JSON.
  if (pathname === '/favicon.ico') return '/icon.svg';
  if (!isPage(pathname)) return undefined;
  const type = preferredType(headers.get('accept') ?? undefined, ['application/json', 'text/html']);
  return type === 'text/html' ? '/index.html' : undefined;
};

const acceptedEncodings = ({ headers }: Request): Encoding[] => {
  const names = parseAccept(headers.get('accept-encoding') ?? '').flatMap(({ type, q }) => (q > 0 ? [type] : []));
  return encodings.filter((encoding) => encoding === 'identity' || names.includes(encoding));
};

const responseOf = ({ method, headers: sent }: Request, file: UiFile): Response => {
  const etag = `"${createHash('sha256').update(file.content).digest('base64url').slice(0, 22)}"`;
  // The names of assets have a hash of their content.
  const isAsset = file.path.startsWith('/assets/');
  const headers: Record<string, string> = {
    etag,
    'cache-control': isAsset ? 'public, max-age=31536000, immutable' : 'no-cache',
    vary: isAsset ? 'accept-encoding' : 'accept, accept-encoding',
  };
  if (isCached(etag, sent.get('if-none-match'))) return new Response(null, { status: 304, headers });
  return new Response(method === 'HEAD' ? null : file.content, {
    headers: {
      ...headers,
      'content-type': file.type,
      'content-length': String(file.content.byteLength),
      ...(file.encoding === 'identity' ? {} : { 'content-encoding': file.encoding }),
      'content-security-policy': uiPolicy,
      'referrer-policy': 'same-origin',
    },
  });
};
