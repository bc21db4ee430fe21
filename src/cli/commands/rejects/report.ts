import type { RejectedRecord, RetryResult } from '../../../domains/imports/rejects.ts';
import { DomainError, type FieldProblem } from '../../../errors.ts';
import type { Importer } from '../../../ledger/record.ts';
import { formatInstant } from '../../../lib/time.ts';

const rawShownMax = 200;
const refusalsShownMax = 20;

/** A rejected record as `--json` prints it. */
export const rejectOf = ({ importId, receivedAtUs, settledAtUs, settledSeq, ...reject }: RejectedRecord) => ({
  ...reject,
  import: importId,
  receivedAt: formatInstant(receivedAtUs),
  settledAt: settledAtUs === null ? null : formatInstant(settledAtUs),
  settledSequence: settledSeq,
});

/** A rejected record in words: its target, its problems, its text and its settlement. */
export const rejectLines = ({
  id,
  state,
  target,
  source,
  line,
  raw,
  problems,
  settlement,
}: RejectedRecord): string[] => {
  const position = line === null ? source : `${source}, line ${line}`;
  const text = raw.length > rawShownMax ? `${raw.slice(0, rawShownMax).toWellFormed()}…` : raw;
  return [
    `${id}  ${state}  ${target}  ${position}: ${problems.map(({ message }) => message).join('; ')}`,
    `    ${text.replace(/\s*\n\s*/g, ' ')}`,
    ...(settlement === null ? [] : [`    ${state === 'RESOLVED' ? 'stored as' : 'because'}: ${settlement}`]),
  ];
};

interface Refusal {
  readonly id: number;
  readonly code: string;
  readonly message: string;
  readonly problems: readonly FieldProblem[];
}

/** The results of the records that a command was given. */
export interface RejectsReport {
  readonly add: (retried: RetryResult) => void;
  /** Adds one result; `original` is the record if it was retried with its original text. Rethrows errors that concern all. */
  judge(id: number, work: Promise<RejectedRecord>, original?: RejectedRecord): Promise<void>;
  value(): object;
  lines(): string[];
  isAllDone(): boolean;
}

export const createRejectsReport = (importers: readonly Importer[]): RejectsReport => {
  const counts = { tried: 0, stored: 0, duplicates: 0, discarded: 0, refused: 0 };
  const refusals: Refusal[] = [];
  let hint: string | undefined;

  const addRefusal = (id: number, { code, message, problems }: DomainError, original?: RejectedRecord): void => {
    counts.tried++;
    counts.refused++;
    if (refusals.length < refusalsShownMax) refusals.push({ id, code, message, problems });
    if (original && !isObject(original.raw)) hint ??= hintFor(original, importers);
  };

  const addResult = ({ state, settledSeq }: RejectedRecord): void => {
    counts.tried++;
    counts[state === 'DISCARDED' ? 'discarded' : settledSeq === null ? 'duplicates' : 'stored']++;
  };

  return {
    add: ({ reject, error }) => (error ? addRefusal(reject.id, error, reject) : addResult(reject)),
    async judge(id, work, original) {
      try {
        addResult(await work);
      } catch (error) {
        if (!(error instanceof DomainError) || error.code === 'OVERLOADED' || error.code === 'NOT_READY') throw error;
        addRefusal(id, error, original);
      }
    },
    value: () => ({ ...counts, refusals }),
    lines: () => {
      const { tried, stored, duplicates, discarded, refused } = counts;
      const more = refused - refusals.length;
      return [
        `${tried} tried = ${stored} stored, ${duplicates} duplicates, ${discarded} discarded, ${refused} refused`,
        ...refusals.map(({ message }) => `  ${message}`),
        ...(more > 0 ? [`  and ${more} more`] : []),
        ...(hint === undefined ? [] : [hint]),
      ];
    },
    isAllDone: () => counts.refused === 0,
  };
};

const isObject = (raw: string): boolean => raw.trimStart().startsWith('{');

/** How to correct a row of CSV. */
const hintFor = ({ id, target }: RejectedRecord, importers: readonly Importer[]): string => {
  const [columns = []] = importers.find((importer) => importer.target.name === target)?.shape.columns ?? [];
  const record = columns.map((column) => `"${column}": "…"`).join(', ');
  return `Correct a row of CSV as a row or as JSON: asof rejects retry ${id} --with '{${record}}'`;
};
