import { type DocumentNode, Kind } from 'graphql';
import type { Logger } from 'pino';
import type { Observer } from '../lib/telemetry.ts';
import { rootFields } from './access.ts';
import type { Answer } from './answer.ts';
import type { Operation } from './documents.ts';
import { type FoundRequest, isPrepared, type Operations, type PreparedRequest } from './operations.ts';
import { nameOf, sha256 } from './trusted-documents/stored-document.ts';
import type { TrustedDocuments } from './trusted-documents/trusted-documents.ts';

/** What operators see of an operation: what clients write reaches neither metrics nor traces nor the log. */
interface Label {
  readonly type: string;
  /** The name of the operation in a trusted document, otherwise its root field. */
  readonly operation: string;
  /** The id of its trusted document. */
  readonly document: string | null;
}

/** An operation with several root fields and no trusted name. */
const severalFields = 'several';
const unknown: Label = { type: 'unknown', operation: 'none', document: null };

/** The same operations; each is counted, timed, traced and, at the level debug, logged. */
export const observeOperations = (
  operations: Operations,
  trusted: TrustedDocuments,
  { observer, log }: { readonly observer: Observer; readonly log: Logger },
): Operations => {
  const labelOf = createLabels(trusted);

  const ended = (label: Label, result: Answer['result'], startedMs: number, requestId: string): void => {
    const { type, operation, document } = label;
    const outcome = outcomeOf(result);
    const ms = performance.now() - startedMs;
    observer.operationEnded({ type, operation, outcome, seconds: ms / 1000 });
    if (log.isLevelEnabled('debug'))
      log.debug({ requestId, document, type, operation, outcome, ms: Math.round(ms * 1000) / 1000 }, 'operation');
  };

  const execute = (prepared: PreparedRequest, label: Label): Answer | Promise<Answer> => {
    const startedMs = performance.now();
    const { requestId } = prepared.context;
    const settle = (answer: Answer): Answer => {
      ended(label, answer.result, startedMs, requestId);
      return answer;
    };
    const answer = operations.execute(prepared);
    return answer instanceof Promise ? answer.then(settle) : settle(answer);
  };

  return {
    ...operations,
    find(request) {
      const startedMs = performance.now();
      const observe = <F extends FoundRequest | Answer>(found: F): F => {
        if ('result' in found) ended(unknown, found.result, startedMs, request.requestId);
        return found;
      };
      const found = operations.find(request);
      return found instanceof Promise ? found.then(observe) : observe(found);
    },
    prepare(found) {
      const startedMs = performance.now();
      const prepared = operations.prepare(found);
      if (!isPrepared(prepared)) ended(unknown, prepared.result, startedMs, found.request.requestId);
      return prepared;
    },
    execute(prepared) {
      const label = labelOf(prepared.operation);
      const { type, operation, document } = label;
      const attributes = {
        'graphql.operation.type': type,
        'graphql.operation.name': operation,
        ...(document === null ? {} : { 'graphql.document.id': document }),
      };
      return observer.trace.span(`${type} ${operation}`, attributes, () => execute(prepared, label));
    },
    async subscribe(prepared) {
      const startedMs = performance.now();
      const outcome = await operations.subscribe(prepared);
      const result = Symbol.asyncIterator in outcome ? {} : outcome.result;
      ended(labelOf(prepared.operation), result, startedMs, prepared.context.requestId);
      return outcome;
    },
  };
};

const outcomeOf = ({ errors }: Answer['result']): string => {
  if (!errors) return 'ok';
  const code = errors[0]?.extensions?.code;
  return typeof code === 'string' ? code : 'INTERNAL';
};

/** The label of each operation, made once while its document is cached and the trusted documents are the same. */
const createLabels = (trusted: TrustedDocuments): ((operation: Operation) => Label) => {
  let labels = new WeakMap<Operation, Label>();
  trusted.onChange(() => {
    labels = new WeakMap();
  });
  return (operation) => {
    const known = labels.get(operation);
    if (known) return known;
    const label = newLabel(operation, trusted);
    labels.set(operation, label);
    return label;
  };
};

const newLabel = ({ document, node }: Operation, trusted: TrustedDocuments): Label => {
  const type = node.operation;
  const stored = trusted.find(sha256(textOf(document)));
  if (stored) return { type, operation: node.name?.value ?? nameOf(stored), document: stored.ids[0] ?? null };
  const [field = '', ...others] = rootFields(document, node.selectionSet);
  return { type, operation: others.length > 0 ? severalFields : field, document: null };
};

const textOf = ({ definitions, loc, kind }: DocumentNode): string =>
  kind === Kind.DOCUMENT && definitions.length > 0 ? (loc?.source.body ?? '') : '';
