import type { Records } from '../../../src/lib/record-columns.ts';
import type { Commit, RecordQuery } from '../../store.ts';

/** Records of one step: few enough to hold the thread for a few milliseconds only. */
const stepRecords = 1000;

export interface StepSource<R> {
  commitsAfter(seq: number, limit: number): Commit[];
  records(query: RecordQuery, after: number, upTo: number): R;
}

interface Step<R> {
  readonly commits: readonly Commit[];
  readonly records: ReadonlyMap<RecordQuery, R>;
}

/** Reads the records of some tables step by step; see `StepReader`. */
export class SqliteStepReader<R extends Pick<Records<never>, 'length'>> {
  readonly commitsMax = 1000;
  readonly #source: StepSource<R>;
  readonly #queries: readonly RecordQuery[];
  /** Those that had the newest records: they probably have the next ones, too. */
  #recent: readonly RecordQuery[] = [];

  constructor(source: StepSource<R>, queries: readonly RecordQuery[]) {
    this.#source = source;
    this.#queries = queries;
  }

  *read(after: number, dividesCommits: boolean): Generator<Step<R>> {
    let from = after;
    for (const commits of stepsOf(this.#source.commitsAfter(after, this.commitsMax), after)) {
      const { lastSeq } = commits.at(-1) as Commit;
      for (; dividesCommits && lastSeq - from > 2 * stepRecords; from += stepRecords)
        yield { commits: [], records: this.#recordsBetween(from, from + stepRecords) };
      yield { commits, records: this.#recordsBetween(from, lastSeq) };
      from = lastSeq;
    }
  }

  /** The records of each table. They have no gaps: once all are found, no other table is read. */
  #recordsBetween(after: number, upTo: number): Map<RecordQuery, R> {
    const found = new Map<RecordQuery, R>();
    let missing = upTo - after;
    for (const query of new Set([...this.#recent, ...this.#queries])) {
      if (missing === 0) break;
      const records = this.#source.records(query, after, upTo);
      if (records.length > 0) found.set(query, records);
      missing -= records.length;
    }
    this.#recent = [...found.keys()];
    return found;
  }
}

/** Cuts commits into steps of at least `stepRecords` records, never within a commit. */
function* stepsOf(commits: readonly Commit[], from: number): Iterable<readonly Commit[]> {
  let part: Commit[] = [];
  let first = from;
  for (const commit of commits) {
    part.push(commit);
    if (commit.lastSeq - first < stepRecords) continue;
    yield part;
    part = [];
    first = commit.lastSeq;
  }
  if (part.length > 0) yield part;
}
