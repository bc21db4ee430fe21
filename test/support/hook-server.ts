import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface HookRequest {
  readonly path: string;
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Milliseconds since 1970 UTC. */
  readonly atMs: number;
}

/** How a request is answered; `silent`: not at all. */
export type HookAnswer =
  | { readonly status: number; readonly headers?: OutgoingHttpHeaders; readonly body?: string }
  | 'silent';

/** A hook on 127.0.0.1 that notes what it receives. */
export interface HookServer {
  /** `127.0.0.1:port`. */
  readonly host: string;
  /** With a path that is a secret. */
  readonly url: string;
  readonly requests: HookRequest[];
  /** The messages, parsed, without repeats of an id. */
  messages(): Message[];
  /** Answers of the next requests, in order; 204 without one. */
  readonly answers: HookAnswer[];
  /** Called for each request before it is answered. */
  onRequest: (() => void) | undefined;
}

export interface Message {
  readonly type: string;
  readonly timestamp: string;
  readonly data: {
    readonly alert: number;
    readonly state: string;
    readonly subject: string;
    readonly message: string;
    readonly figures: Readonly<Record<string, unknown>>;
    readonly sequence: number | null;
    readonly link: string;
  };
}

export const hookServer = async (): Promise<HookServer> => {
  const server = createServer((request, response) => {
    void (async () => {
      let body = '';
      for await (const chunk of request.setEncoding('utf8')) body += chunk;
      const { url: path = '', method = '', headers } = request;
      hook.requests.push({ path, method, headers, body, atMs: Date.now() });
      hook.onRequest?.();
      const answer = hook.answers.shift() ?? { status: 204 };
      if (answer === 'silent') return;
      response.writeHead(answer.status, answer.headers).end(answer.body);
    })().catch(() => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const hook: HookServer = {
    host,
    url: `http://${host}/services/T0-secret-token`,
    requests: [],
    answers: [],
    onRequest: undefined,
    messages() {
      const byId = new Map(this.requests.map(({ headers, body }) => [headers['webhook-id'], body]));
      return [...byId.values()].map((body) => JSON.parse(body) as Message);
    },
  };
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return hook;
};

/** The signature of a request by the specification of Standard Webhooks; the key is what the secret stands for. */
export const signatureFor = ({ headers, body }: HookRequest, key: Buffer): string => {
  const hmac = createHmac('sha256', key);
  hmac.update(`${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.`).update(Buffer.from(body));
  return `v1,${hmac.digest('base64')}`;
};

/** The key that a secret of the form `whsec_…` stands for. */
export const keyOf = (secret: string): Buffer => {
  if (!/^whsec_[A-Za-z0-9+/]+=*$/.test(secret)) throw new Error(`not a secret: ${secret}`);
  return Buffer.from(secret.slice('whsec_'.length), 'base64');
};
