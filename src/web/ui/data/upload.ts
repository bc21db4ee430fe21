import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { hashOfDocument } from '../generated/document-ids.ts';

export interface UploadOptions {
  /** Those of the session: `headersOf(useSession())`. */
  readonly headers: Record<string, string>;
  /** Where the file belongs in the variables: `input.source.file`. There it must be null. */
  readonly path: string;
  readonly file: File;
  readonly signal?: AbortSignal;
  /** Bytes of the file that were sent, of how many. */
  onProgress?(sent: number, total: number): void;
}

interface Answer<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly { readonly message: string }[];
}

const answerOf = <Data>(request: XMLHttpRequest): Answer<Data> => {
  try {
    return JSON.parse(request.responseText) as Answer<Data>;
  } catch {
    return { errors: [{ message: `The server answered with status ${request.status}.` }] };
  }
};

/**
 * Runs a mutation with a file, by the specification for multipart requests of GraphQL. Unlike `fetch` it says how much was
 * sent. Throws an `Error` with the server's sentence, and `AbortError` when the signal ends it.
 */
export const runWithFile = <Data, Variables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  { headers, path, file, signal, onProgress }: UploadOptions,
): Promise<Data> => {
  const extensions = { persistedQuery: { version: 1, sha256Hash: hashOfDocument(document) } };
  const form = new FormData();
  form.append('operations', JSON.stringify({ variables, extensions }));
  form.append('map', JSON.stringify({ file: [`variables.${path}`] }));
  form.append('file', file);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', '/graphql');
    const all = { accept: 'application/json', ...headers };
    for (const [name, value] of Object.entries(all)) request.setRequestHeader(name, value);
    request.upload.addEventListener('progress', ({ loaded, total }) => onProgress?.(loaded, total));
    request.addEventListener('load', () => {
      const { data, errors } = answerOf<Data>(request);
      if (data && !errors) resolve(data);
      else reject(new Error(errors?.[0]?.message ?? 'The server did not answer.'));
    });
    request.addEventListener('error', () => reject(new Error('The server cannot be reached.')));
    request.addEventListener('abort', () => reject(new DOMException('cancelled', 'AbortError')));
    signal?.addEventListener('abort', () => request.abort());
    request.send(form);
  });
};
