import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** A server on 127.0.0.1 that serves one text, with validators, and notes the requests. */
export interface FileServer {
  /** `127.0.0.1:port`. */
  readonly host: string;
  readonly url: string;
  text: string;
  /** The ETag of the text; without it, only Last-Modified is sent. */
  etag: string | undefined;
  lastModified: string | undefined;
  /** Answers with this status instead. */
  status: number | undefined;
  /** Leaves requests without a response. */
  isSilent: boolean;
  readonly requests: { readonly headers: IncomingHttpHeaders; readonly status: number }[];
}

export const fileServer = async (text: string): Promise<FileServer> => {
  const server = createServer(({ headers }, response) => {
    if (file.isSilent) return;
    const { etag, lastModified } = file;
    const isSame =
      (etag !== undefined && headers['if-none-match'] === etag) ||
      (etag === undefined && lastModified !== undefined && headers['if-modified-since'] === lastModified);
    const status = file.status ?? (isSame ? 304 : 200);
    file.requests.push({ headers, status });
    response.writeHead(status, {
      ...(etag === undefined ? {} : { etag }),
      ...(lastModified === undefined ? {} : { 'last-modified': lastModified }),
    });
    response.end(status === 200 ? file.text : undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const file: FileServer = {
    host,
    url: `http://${host}/games.csv?token=secret`,
    text,
    etag: undefined,
    lastModified: undefined,
    status: undefined,
    isSilent: false,
    requests: [],
  };
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return file;
};
