import type { Row, Store } from '../store.ts';
import { conversations, followups } from '../tables/conversations.ts';
import type { RecordRange, Rows } from './rows.ts';

type Start = Pick<Row<typeof conversations>, 'seq' | 'uuid' | 'symbol' | 'recordedAtUs'>;
type Followup = Pick<Row<typeof followups>, 'seq' | 'uuid'>;

/** Records that are read at once, and UUIDs that are looked up by one statement. */
const sliceRecords = 1000;

/** The rows of `followup_counts` of a range of the ledger: they say the same of it whatever was recorded since. */
export const readFollowupCounts = async (store: Store, range: RecordRange): Promise<Rows> => {
  const started = await recordsOf<Start>(range, (part) =>
    store.recordPage(conversations, ['seq', 'uuid', 'symbol', 'recordedAtUs'], part),
  );
  const followed = await recordsOf<Followup>(range, (part) => store.recordPage(followups, ['seq', 'uuid'], part));
  if (started.length + followed.length === 0) return [];
  const starts = await startsOf(store, followed, started);
  const orphaned = await orphansBefore(store, started, range.after);
  const rows: Rows = [];
  for (const { seq, uuid } of followed) {
    const start = starts.get(uuid);
    if (start && start.seq < seq) rows.push(ofConversation(seq, start, 1));
    else {
      rows.push(ofOrphans(seq, 1));
      orphaned.set(uuid, (orphaned.get(uuid) ?? 0) + 1);
    }
  }
  // A start ends that the earlier follow-ups of its conversation are orphans.
  for (const start of started) {
    const count = orphaned.get(start.uuid) ?? 0;
    if (count > 0) rows.push(ofConversation(start.seq, start, count), ofOrphans(start.seq, -count));
  }
  return rows;
};

const ofOrphans = (seq: number, count: number): Rows[number] => [seq, '', 0, 0, count];
const ofConversation = (seq: number, start: Start, count: number): Rows[number] => {
  return [seq, start.symbol, start.seq, start.recordedAtUs, count];
};

/** The starts of the conversations of these follow-ups: those of the range, and what is recorded elsewhere in the ledger. */
const startsOf = async (
  store: Store,
  followed: readonly Followup[],
  started: readonly Start[],
): Promise<Map<string, Start>> => {
  const starts = new Map(started.map((start) => [start.uuid, start]));
  const others = new Set(followed.map(({ uuid }) => uuid).filter((uuid) => !starts.has(uuid)));
  for await (const uuids of slicesOf([...others]))
    for (const start of store.rowsIn(conversations, 'uuid', uuids)) starts.set(start.uuid, start);
  return starts;
};

/** How many follow-ups each of these conversations has that are recorded up to a sequence number before its start. */
const orphansBefore = async (store: Store, started: readonly Start[], upTo: number): Promise<Map<string, number>> => {
  const counts = new Map<string, number>();
  for await (const uuids of slicesOf(started.map(({ uuid }) => uuid)))
    for (const [uuid, count] of store.countsIn(followups, 'uuid', uuids, { key: 'seq', after: 0, upTo }))
      counts.set(uuid, count);
  return counts;
};

const recordsOf = async <R extends { readonly seq: number }>(
  { after, upTo }: RecordRange,
  read: (part: RecordRange & { readonly limit: number }) => R[],
): Promise<R[]> => {
  const records: R[] = [];
  for (let from = after; ; ) {
    const page = read({ after: from, upTo, limit: sliceRecords });
    records.push(...page);
    const last = page.at(-1);
    if (!last || page.length < sliceRecords) return records;
    from = last.seq;
    await giveWay();
  }
};

async function* slicesOf<V>(values: readonly V[]): AsyncIterable<readonly V[]> {
  for (let from = 0; from < values.length; from += sliceRecords) {
    yield values.slice(from, from + sliceRecords);
    await giveWay();
  }
}

/** Lets other work go on. */
const giveWay = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
