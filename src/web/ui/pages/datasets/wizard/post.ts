import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { hashOfDocument } from '../../../generated/document-ids.ts';

/** How much of a file has been sent. */
export interface Sent {
  readonly loaded: number;
  readonly total: number;
}

interface Post<Data, Input> {
  readonly document: TypedDocumentNode<Data, { input: Input }>;
  readonly input: Input;
  /** Goes to `input.source.file`. */
  readonly file: File | null;
  readonly headers: Record<string, string>;
  readonly signal: AbortSignal;
  onSent?(sent: Sent): void;
}

const bodyOf = <Data, Input>({ document, input, file }: Post<Data, Input>): string | FormData => {
  const extensions = { persistedQuery: { version: 1, sha256Hash: hashOfDocument(document as never) } };
  const operations = JSON.stringify({ variables: { input }, extensions });
  if (file === null) return operations;
  // https://github.com/jaydenseric/graphql-multipart-request-spec
  const form = new FormData();
  form.set('operations', operations);
  form.set('map', JSON.stringify({ file: ['variables.input.source.file'] }));
  form.set('file', file);
  return form;
};

interface Answer<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly { readonly message: string }[];
  readonly error?: { readonly message: string };
}

const dataOf = <Data>(request: XMLHttpRequest): Data => {
  let answer: Answer<Data>;
  try {
    answer = JSON.parse(request.responseText) as Answer<Data>;
  } catch {
    throw new Error(`The server answered with status ${request.status}.`);
  }
  const message = answer.errors?.[0]?.message ?? answer.error?.message;
  if (message !== undefined) throw new Error(message);
  if (!answer.data) throw new Error(`The server answered with status ${request.status}.`);
  return answer.data;
};

/**
 * Sends a mutation with a file. XMLHttpRequest, because `fetch` does not say how much of a body has been sent. Throws an
 * `Error` with a sentence for people, and an `AbortError` when it was cancelled.
 */
export const postMutation = <Data, Input>(post: Post<Data, Input>): Promise<Data> =>
  new Promise((resolve, reject) => {
    const { headers, signal, file, onSent } = post;
    const request = new XMLHttpRequest();
    request.open('POST', '/graphql');
    const accepted = { accept: 'application/json', ...(file === null ? { 'content-type': 'application/json' } : {}) };
    for (const [name, value] of Object.entries({ ...accepted, ...headers })) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded, total }) => onSent?.({ loaded, total });
    request.onerror = () => reject(new Error('The server cannot be reached, or it ended the connection.'));
    request.onabort = () => reject(new DOMException('cancelled', 'AbortError'));
    request.onload = () => {
      try {
        resolve(dataOf<Data>(request));
      } catch (error) {
        reject(error);
      }
    };
    signal.addEventListener('abort', () => request.abort(), { once: true });
    request.send(bodyOf(post));
  });
