import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { parseAccept } from 'hono/utils/accept';
import { isCached } from '../http/etag.ts';
import { type Example, readExamples } from './examples.ts';

/** The page in each encoding, and the headers that do not depend on the encoding. */
interface Page {
  readonly tag: string;
  readonly policy: string;
  encoded(encoding: Encoding): Promise<Buffer>;
}

const compress = {
  br: (page: Buffer) =>
    promisify(brotliCompress)(page, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 5, [constants.BROTLI_PARAM_SIZE_HINT]: page.length },
    }),
  gzip: (page: Buffer) => promisify(gzip)(page),
  identity: async (page: Buffer) => page,
};

type Encoding = keyof typeof compress;

/**
 * Answers a browser that opens the endpoint (GET or HEAD) with GraphiQL, every other request with undefined. The page is
 * 9 MB with everything inside, so that it works without the internet: it is rendered and compressed at the first
 * request, off the event loop, and an ETag tells a browser that its copy is current.
 */
export const createGraphiql = (): ((request: Request) => Promise<Response | undefined>) => {
  let page: Promise<Page> | undefined;
  return async (request) => {
    if (!wantsPage(request)) return undefined;
    page ??= renderPage(readExamples());
    return pageResponse(request, await page);
  };
};

/** Also with `?query=`: GraphiQL keeps the operation there, and a reload opens it again. */
const wantsPage = ({ method, headers }: Request): boolean => {
  if (method !== 'GET' && method !== 'HEAD') return false;
  const types = ['text/html', 'application/json', 'application/graphql-response+json'];
  const preferred = parseAccept(headers.get('accept') ?? '').find(({ type, q }) => q > 0 && types.includes(type));
  return preferred?.type === 'text/html';
};

const pageResponse = async ({ method, headers: sent }: Request, page: Page): Promise<Response> => {
  const encoding = encodingOf(sent.get('accept-encoding') ?? '');
  // A strong ETag identifies bytes, and these differ by encoding.
  const etag = `"${page.tag}-${encoding}"`;
  const headers = { etag, 'cache-control': 'no-cache', vary: 'accept, accept-encoding' };
  if (isCached(etag, sent.get('if-none-match'))) return new Response(null, { status: 304, headers });
  const body = await page.encoded(encoding);
  return new Response(method === 'HEAD' ? null : new Uint8Array(body), {
    headers: {
      ...headers,
      'content-type': 'text/html; charset=utf-8',
      'content-length': String(body.byteLength),
      ...(encoding === 'identity' ? {} : { 'content-encoding': encoding }),
      'content-security-policy': page.policy,
    },
  });
};

const encodingOf = (accepted: string): Encoding => {
  const names = parseAccept(accepted).flatMap(({ type, q }) => (q > 0 ? [type] : []));
  return (['br', 'gzip'] as const).find((encoding) => names.includes(encoding)) ?? 'identity';
};

const renderPage = async (tabs: readonly Example[]): Promise<Page> => {
  // 9 MB of source: only those who open GraphiQL wait for it to be read.
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  const html = renderGraphiQL({
    title: 'asof',
    // A POST makes a browser drop its cache of the same address, and with it the page.
    endpoint: '/graphql?from=graphiql',
    logo: mark(32),
    favicon: `data:image/svg+xml,${encodeURIComponent(mark(32))}`,
    defaultTabs: tabs.map(({ query, variables }) => ({ query, variables })),
    schemaDescription: true,
    inputValueDeprecation: true,
  });
  const adapted = html.replace(
    '<div id="root">',
    (root) => `<style>${tabsWithoutAnimation}</style><script>${openActiveTab}</script>${root}`,
  );
  const page = Buffer.from(adapted.trimStart());
  const encoded = new Map<Encoding, Promise<Buffer>>();
  return {
    tag: createHash('sha256').update(page).digest('base64url').slice(0, 22),
    policy: policyOf(html),
    encoded(encoding) {
      const body = encoded.get(encoding) ?? compress[encoding](page);
      encoded.set(encoding, body);
      return body;
    },
  };
};

/** GraphiQL leaves tabs shifted by the animation they came with, shown only while pressed: the click goes past them. */
const tabsWithoutAnimation = '.graphiql-tab { transform: none !important; }';

/** On a second visit GraphiQL finds its tab by the operation stored last; without one it opens an empty tab more. */
const openActiveTab = `
  const stored = JSON.parse(localStorage.getItem('graphiql:tabState'));
  const linked = new URL(location.href).searchParams.get('query');
  const tab = stored?.tabs.find(({ query }, index) => (linked === null ? index === stored.activeTabIndex : query === linked));
  for (const name of tab ? ['query', 'variables', 'headers'] : []) {
    if (tab[name]) localStorage.setItem('graphiql:' + name, tab[name]);
    else localStorage.removeItem('graphiql:' + name);
  }
`;

/** Nothing is loaded from elsewhere, and no script runs but the page's own and the workers it makes of itself. */
const policyOf = (html: string): string => {
  const script = html.slice(html.indexOf('<script>') + '<script>'.length, html.lastIndexOf('</script>'));
  const hashes = [openActiveTab, script].map(
    (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`,
  );
  return [
    "default-src 'none'",
    `script-src ${hashes.join(' ')}`,
    'worker-src blob:',
    "style-src 'unsafe-inline'",
    'font-src data:',
    'img-src data:',
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
};

/** A clock with an arrow that points backwards. */
const mark = (size: number): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}" viewBox="0 0 32 32" fill="none" stroke="#0a7d6c" stroke-width="3" stroke-linecap="round" stroke-linejoin="round"><path d="M6 8v6h6"/><path d="M6.6 13.4A11 11 0 1 1 5 17"/><path d="M16 10v6.5l4 3"/></svg>`;
