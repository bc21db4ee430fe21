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

/** A rejected record for people: what it is, why it was not taken in, how it came, what became of it. */
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
  const place = line === null ? source : `${source}, line ${line}`;
  const shown = raw.length > rawShownMax ? `${raw.slice(0, rawShownMax).toWellFormed()}…` : raw;
  return [
    `${id}  ${state}  ${target}  ${place}: ${problems.map(({ message }) => message).join('; ')}`,
    `    ${shown.replace(/\s*\n\s*/g, ' ')}`,
    ...(settlement === null ? [] : [`    ${state === 'RESOLVED' ? 'taken in as' : 'because'}: ${settlement}`]),
  ];
};

interface Refusal {
  readonly id: number;
  readonly code: string;
  readonly message: string;
  readonly problems: readonly FieldProblem[];
}

/** What became of the records that a command was given. */
export interface RejectsReport {
  readonly add: (retried: RetryResult) => void;
  /** Notes what became of one record. Given the record, it was tried as it came. Throws what would hit all others, too. */
  judge(id: number, work: Promise<RejectedRecord>, asItCame?: RejectedRecord): Promise<void>;
  value(): object;
  lines(): string[];
  isAllDone(): boolean;
}

export const createRejectsReport = (importers: readonly Importer[]): RejectsReport => {
  const counts = { tried: 0, stored: 0, duplicates: 0, discarded: 0, refused: 0 };
  const refusals: Refusal[] = [];
  let hint: string | undefined;

  const noteRefusal = (id: number, { code, message, problems }: DomainError, asItCame?: RejectedRecord): void => {
    counts.tried++;
    counts.refused++;
    if (refusals.length < refusalsShownMax) refusals.push({ id, code, message, problems });
    if (asItCame && !isObject(asItCame.raw)) hint ??= hintFor(asItCame, importers);
  };

  const note = ({ state, settledSeq }: RejectedRecord): void => {
    counts.tried++;
    counts[state === 'DISCARDED' ? 'discarded' : settledSeq === null ? 'duplicates' : 'stored']++;
  };

  return {
    add: ({ reject, error }) => (error ? noteRefusal(reject.id, error, reject) : note(reject)),
    async judge(id, work, asItCame) {
      try {
        note(await work);
      } catch (error) {
        if (!(error instanceof DomainError) || error.code === 'OVERLOADED' || error.code === 'NOT_READY') throw error;
        noteRefusal(id, error, asItCame);
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

/** A row of CSV does not say what its cells are. */
const hintFor = ({ id, target }: RejectedRecord, importers: readonly Importer[]): string => {
  const [columns = []] = importers.find((importer) => importer.target.name === target)?.shape.columns ?? [];
  const record = columns.map((column) => `"${column}": "…"`).join(', ');
  return `What came as a row of CSV must be given as JSON: asof rejects retry ${id} --with '{${record}}'`;
};
