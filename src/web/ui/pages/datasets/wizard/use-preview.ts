import { useCallback, useEffect, useRef, useState } from 'react';
import { headersOf, useSession } from '../../../data/session.tsx';
import { PreviewDatasetDocument } from '../../../generated/graphql.ts';
import {
  type ImportOptions,
  type ImportProblem,
  inputOf,
  type PreviewedImport,
  previewOptions,
  type Source,
} from './options.ts';
import { postMutation, type Sent } from './post.ts';

export interface Preview {
  readonly result: PreviewedImport | null;
  readonly problems: readonly ImportProblem[];
  /** Not null while the file is sent and read. */
  readonly sent: Sent | null;
  cancel(): void;
}

interface State {
  readonly result: PreviewedImport | null;
  readonly problems: readonly ImportProblem[];
  readonly sent: Sent | null;
}

const read = async (source: Source, options: ImportOptions, request: RequestParts): Promise<Partial<State>> => {
  const { startImport } = await postMutation({
    document: PreviewDatasetDocument,
    input: inputOf(source, options, true),
    file: source.kind === 'file' ? source.file : null,
    ...request,
  });
  if (startImport?.__typename === 'StartImportPayload') return { result: startImport.import, problems: [] };
  const message = startImport?.message ?? 'The server did not say why.';
  const named = startImport?.__typename === 'ValidationError' ? startImport.problems : [];
  return { problems: named.length > 0 ? named : [{ path: '', message }] };
};

interface RequestParts {
  readonly headers: Record<string, string>;
  readonly signal: AbortSignal;
  onSent(sent: Sent): void;
}

const started: Sent = { loaded: 0, total: 0 };

/** What an import with these options would make of the file. A change of what affects it reads the file again. */
export const usePreview = (source: Source, options: ImportOptions): Preview => {
  const session = useSession();
  const { apiKey } = session;
  const [state, setState] = useState<State>({ result: null, problems: [], sent: started });
  const running = useRef<AbortController>(undefined);
  const text = JSON.stringify(previewOptions(options));
  useEffect(() => {
    const abort = new AbortController();
    running.current = abort;
    setState((last) => ({ ...last, sent: started }));
    const request: RequestParts = {
      headers: headersOf({ apiKey }),
      signal: abort.signal,
      onSent: (sent) => setState((last) => ({ ...last, sent })),
    };
    read(source, JSON.parse(text) as ImportOptions, request).then(
      (next) => !abort.signal.aborted && setState((last) => ({ ...last, ...next, sent: null })),
      (error: Error) => {
        if (error.name === 'AbortError') return;
        setState((last) => ({ ...last, problems: [{ path: '', message: error.message }], sent: null }));
      },
    );
    return () => abort.abort();
  }, [source, text, apiKey]);
  const cancel = useCallback(() => {
    running.current?.abort();
    setState((last) => ({ ...last, sent: null }));
  }, []);
  return { ...state, cancel };
};
