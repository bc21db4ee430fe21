import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { requestIdOf } from './request-id.ts';
import { errorResponseOf } from './response.ts';

/** Browsers take no answer for another type than the one it says. */
export const noSniff = ['x-content-type-options', 'nosniff'] as const;

/** Answers a request that is refused before it is read. */
export const refuseRaw = (incoming: IncomingMessage, outgoing: ServerResponse, error: unknown): void => {
  const id = requestIdOf(incoming.headers['x-request-id']?.toString());
  const { status, headers, body } = errorResponseOf(error, id);
  const added = { ...headers, [noSniff[0]]: noSniff[1], 'x-request-id': id, 'cache-control': 'no-store' };
  outgoing.writeHead(status, { ...added, 'content-length': Buffer.byteLength(body), connection: 'close' }).end(body);
  incoming.resume();
};

const statusLines: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Payload Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

interface ParserError extends Error {
  readonly code?: string;
}

/** Answers what is no HTTP as Node does, with the headers of all answers. */
export const answerRawErrors = (server: Server): void => {
  server.on('clientError', ({ code = '' }: ParserError, socket: Duplex) => {
    const message = (socket as { readonly _httpMessage?: { readonly headersSent: boolean } })._httpMessage;
    if (!socket.writable || code === 'ECONNRESET' || message?.headersSent) {
      socket.destroy();
      return;
    }
    const status = statusLines[code] ?? '400 Bad Request';
    socket.end(`HTTP/1.1 ${status}\r\n${noSniff.join(': ')}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`);
  });
  server.on('checkExpectation', (incoming: IncomingMessage, outgoing: ServerResponse) => {
    outgoing.writeHead(417, { [noSniff[0]]: noSniff[1], 'content-length': 0, connection: 'close' }).end();
    incoming.resume();
  });
};
