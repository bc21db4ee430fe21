import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { renderGraphiQL } from '@graphql-yoga/render-graphiql';

/** The GraphiQL page for a browser that opens the endpoint; undefined for every other request. */
export const graphiqlPage = async (request: Request): Promise<Response | undefined> => {
  if (request.method !== 'GET' || !request.headers.get('accept')?.includes('text/html')) return undefined;
  if (new URL(request.url).searchParams.has('query')) return undefined;
  return new Response(renderGraphiQL({ endpoint: '/graphql' } as never), { headers: { 'content-type': 'text/html' } });
};
void createHash; void promisify; void brotliCompress; void constants; void gzip;
