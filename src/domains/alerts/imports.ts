import type { Row, Store } from '../../../db/store.ts';
import { alertCursors } from '../../../db/tables/alerts.ts';
import { imports } from '../../../db/tables/imports.ts';
import type { Import } from '../imports/job.ts';
import { literal, type Observation } from './observation.ts';
import type { AlertRule } from './rules.ts';

export interface ImportLimits {
  readonly alertRejectRate: number;
  readonly alertRecordsMin: number;
}

/** Up to where imports were judged. */
export type ImportPosition = Omit<Row<typeof alertCursors>, 'id'>;

/** Imports that ended since a position, in the order of their ends, and the position after them. */
export interface EndedImports {
  readonly ended: readonly Import[];
  readonly position: ImportPosition;
}

const importsPerLook = 1000;

/** Null when nothing has changed since the stored position, or when there never was an alert. */
export const endedImports = (store: Store): EndedImports | null => {
  const [cursor] = store.rowsIn(alertCursors, 'id', [1]);
  if (!cursor) return null;
  const started = store.page(imports, { key: 'id', direction: 'asc', after: cursor.importId, limit: importsPerLook });
  const all = [...store.rowsIn(imports, 'id', cursor.unfinished), ...started];
  const ended = all.filter(({ state }) => state !== 'RUNNING');
  if (ended.length === 0 && started.length === 0) return null;
  ended.sort((a, b) => (a.finishedAtUs ?? 0) - (b.finishedAtUs ?? 0) || a.id - b.id);
  const unfinished = all.filter(({ state }) => state === 'RUNNING').map(({ id }) => id);
  return { ended, position: { importId: started.at(-1)?.id ?? cursor.importId, unfinished } };
};

/** What an import that has ended means for a rule; null when nothing. A cancelled import neither failed nor succeeded. */
export const observeImport = (
  rule: AlertRule,
  ended: Import,
  {
    userFiles,
    limits,
    judgedSeq,
  }: { readonly userFiles: string; readonly limits: ImportLimits; readonly judgedSeq: number },
): Observation | null => {
  const { target, source, state } = ended;
  const isSync = target === userFiles;
  if (state === 'CANCELLED' || (ended.finishedAtUs ?? 0) < rule.addedAtUs) return null;
  if (rule.target !== null && rule.target !== target) return null;
  const subject = `${target} ${source}`;
  const query = `{ node(id: ${literal(Buffer.from(`Import:${ended.id}`).toString('base64url'))}) { ... on Import { source state read accepted unchanged conflicts rejected failure { code message } } } }`;
  const seen = { subject, query, judgedSeq };
  if (rule.event === 'import.failed' && !isSync)
    return { ...seen, ...failureOf('The import', ended, state === 'FAILED') };
  if (rule.event === 'sync.failed' && isSync)
    return { ...seen, ...failureOf('The synchronization', ended, ended.failureCode !== null) };
  const rejects = rule.event === 'rejects.rate' ? rejectsOf(rule, ended, limits) : null;
  return rejects && { ...seen, ...rejects };
};

const failureOf = (
  what: string,
  ended: Import,
  isBroken: boolean,
): Pick<Observation, 'isBroken' | 'sentence' | 'figures'> => {
  const { id, target, source, state, read, accepted, rejected, failureCode, failureMessage } = ended;
  const outcome = isBroken
    ? `failed: ${failureMessage ?? failureCode}`
    : `succeeded: ${read} records read, ${accepted} stored, ${rejected} rejected`;
  return {
    isBroken,
    sentence: `${what} of ${source} ${outcome}.`,
    figures: { import: id, target, source, state, read, accepted, rejected, failureCode },
  };
};

/** An import that failed has read a part of its file: it can show that too much is rejected, but not that little is. */
const rejectsOf = (
  { rate, recordsMin }: AlertRule,
  ended: Import,
  { alertRejectRate, alertRecordsMin }: ImportLimits,
): Pick<Observation, 'isBroken' | 'sentence' | 'figures'> | null => {
  const { id, target, source, read, state } = ended;
  const rejected = ended.rejected + ended.conflicts;
  const [limit, least] = [rate ?? alertRejectRate, recordsMin ?? alertRecordsMin];
  const share = read === 0 ? 0 : rejected / read;
  const isBroken = share > limit;
  if (read < least || (state === 'FAILED' && !isBroken)) return null;
  return {
    isBroken,
    sentence: rejectSentence({ rejected, received: read, limit }, `of ${source}`),
    figures: { import: id, target, source, received: read, rejected, rate: share, limit },
  };
};

export const rejectSentence = (
  { rejected, received, limit }: { readonly rejected: number; readonly received: number; readonly limit: number },
  origin: string,
): string => {
  const percent = (share: number): string => `${Number((share * 100).toFixed(2))} %`;
  const rate = percent(received === 0 ? 0 : rejected / received);
  return `${rejected} of ${received} records ${origin} were rejected (${rate}, where ${percent(limit)} is the limit).`;
};
