import { useRef, useState } from 'react';
import { useClient } from 'urql';
import { problemOf, sentenceOf } from '../../data/errors.ts';
import { headersOf, useSession } from '../../data/session.tsx';
import { runWithFile } from '../../data/upload.ts';
import {
  StartImportDocument,
  type StartImportMutation,
  type StartImportMutationVariables,
  type UserStatus,
} from '../../generated/graphql.ts';
import type { ReadOptions, RecordTarget } from './search.ts';

type Result = NonNullable<StartImportMutation['startImport']>;

export type StartedImport = Extract<Result, { __typename: 'StartImportPayload' }>['import'];

export interface Sending {
  readonly sent: number;
  readonly total: number;
  readonly sinceMs: number;
}

export type Outcome =
  | { readonly import: StartedImport }
  | { readonly error: string; readonly problems: readonly { readonly path: string; readonly message: string }[] };

const listOf = (text: string | undefined): string[] =>
  (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

/** The arguments of the mutation for what a person has written. */
const readArguments = ({ nullMarkers, statusWords, headerLine, ...options }: ReadOptions) => {
  const words = listOf(statusWords).map((entry) => {
    const [word = '', status = ''] = entry.split('=').map((part) => part.trim());
    return { word, status: status.toUpperCase().replaceAll('-', '_') as UserStatus };
  });
  return {
    ...options,
    ...(headerLine ? { headerLine: headerLine === 'none' ? headerLine : Number(headerLine) } : {}),
    ...(nullMarkers === undefined ? {} : { nullMarkers: listOf(nullMarkers) }),
    ...(words.length === 0 ? {} : { statusWords: words }),
  };
};

const outcomeOf = ({ startImport }: StartImportMutation): Outcome => {
  if (startImport?.__typename === 'StartImportPayload') return { import: startImport.import };
  if (!startImport) return { error: 'The server has not started the import.', problems: [] };
  return { error: startImport.message, problems: 'problems' in startImport ? startImport.problems : [] };
};

interface StartRequest {
  readonly target: RecordTarget;
  readonly link: string | undefined;
  readonly file: File | null;
  readonly read: ReadOptions;
  readonly dryRun: boolean;
}

/** Starts imports, or dry runs, of a file or link. One at a time. */
export const useStartImport = () => {
  const client = useClient();
  const session = useSession();
  const [sending, setSending] = useState<Sending | null>(null);
  const abort = useRef<AbortController>(undefined);

  const run = async ({ target, link, file, read, dryRun }: StartRequest): Promise<Outcome> => {
    const input = { target, ...readArguments(read), dryRun, wait: dryRun };
    if (link !== undefined) {
      const variables = { input: { ...input, source: { url: link } } } as StartImportMutationVariables;
      const { data, error } = await client.mutation(StartImportDocument, variables).toPromise();
      return data ? outcomeOf(data) : { error: error ? problemOf(error).message : 'No answer.', problems: [] };
    }
    if (file === null) return { error: 'Choose a file.', problems: [] };
    abort.current = new AbortController();
    const sinceMs = Date.now();
    const variables = { input: { ...input, source: { file: null } } } as unknown as StartImportMutationVariables;
    const data = await runWithFile(StartImportDocument, variables, {
      ...{ headers: headersOf(session), path: 'input.source.file', file, signal: abort.current.signal },
      onProgress: (sent, total) => setSending({ sent, total, sinceMs }),
    });
    return outcomeOf(data);
  };

  return {
    /** Of the upload that runs; null when none does. */
    sending,
    cancel: () => abort.current?.abort(),
    /** Null when the person has cancelled it. */
    async start(request: StartRequest): Promise<Outcome | null> {
      setSending({ sent: 0, total: request.file?.size ?? 0, sinceMs: Date.now() });
      try {
        return await run(request);
      } catch (error) {
        if (error instanceof DOMException && error.name === 'AbortError') return null;
        return { error: sentenceOf(error), problems: [] };
      } finally {
        setSending(null);
      }
    },
  };
};
