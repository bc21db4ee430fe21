import { type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';

export interface LinkRequest {
  readonly method: 'GET' | 'POST';
  /** In addition to those that every request has. */
  readonly headers: Readonly<Record<string, string | number>>;
  readonly body?: Buffer;
}

/** Sends a request over a connection that was checked. Rejects when the connection ends before the response begins. */
export const sendOver = (socket: Socket, url: URL, { method, headers, body }: LinkRequest): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const clientRequest = request({
      // The request uses this connection, whatever host the other options name.
      createConnection: () => socket,
      method,
      path: `${url.pathname}${url.search}`,
      headers: { host: url.host, 'user-agent': 'asof', connection: 'close', ...headers },
    });
    clientRequest.once('response', (response) => {
      // The reader of the body receives the error; without a reader it does not matter.
      response.on('error', () => undefined);
      resolve(response);
    });
    clientRequest.on('error', reject);
    clientRequest.once('close', () => reject(new Error('the connection was closed')));
    // The server switched to another protocol, which the request did not offer.
    clientRequest.once('upgrade', () => clientRequest.destroy());
    clientRequest.end(body);
  });
