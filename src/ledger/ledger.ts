import type { ColumnName, Damage, LedgerTable, Row, Store, Tx } from '../../db/store.ts';
import { DomainError, serverIsClosing } from '../errors.ts';
import { yieldToEventLoop } from '../lib/yielding.ts';
import type { Area } from './areas.ts';
import { type Coalesced, coalesced } from './coalesce.ts';
import { type CommitLog, createCommitLog } from './commit-log.ts';
import { inApplyOrder, type Projection, type ProjectionSize } from './projection.ts';
import { type RebuildResult, type RecordCounts, Replay, type Subscription } from './replay.ts';
import { Soundness, type SoundnessOptions } from './soundness.ts';

export interface Snapshot {
  readonly sequence: number;
  /** When its last record was committed, microseconds since 1970 UTC; null while the ledger is empty. */
  readonly atUs: number | null;
}

/** Which records an answer may use; default: all. */
export interface KnownAsOf {
  /** Only what had been recorded by this instant, microseconds since 1970 UTC. */
  readonly knownAtUs?: number | undefined;
  /** Only records up to this sequence number: the state of an earlier snapshot. */
  readonly sequence?: number | undefined;
}

/** How much memory an index holds. */
export interface IndexState extends ProjectionSize {
  readonly name: string;
}

/** Memory's copy of the ledger: projections follow the store, and all of them are at the same sequence number. */
export interface Ledger {
  /** Registers a projection of a table's records, which get these columns. One projection per table, before the start. */
  subscribe<T extends LedgerTable, C extends ColumnName<T>>(
    table: T,
    columns: readonly C[],
    projection: Projection<Pick<Row<T>, C>>,
  ): void;
  /** Brings every projection level with the store. The first call is the rebuild on start. */
  catchUp(): Promise<void>;
  /** Store first, then memory: resolves when the records are durable and every projection has them. */
  write<R>(work: (tx: Tx) => R): Promise<R>;
  /** The same for work that takes long: see `Store.writeInSteps`. */
  writeInSteps<R>(work: (tx: Tx) => Generator<void, R>): Promise<R>;
  /** The same for batches that follow each other: see `Store.writeShared`. */
  writeShared<R>(work: (tx: Tx) => R, undo: () => void): Promise<R>;
  /** Brings every projection level with what another thread has written, once they exist. */
  follow(): Promise<void>;
  snapshot(): Snapshot;
  /** The state up to an earlier sequence number. */
  snapshotAt(sequence: number): Snapshot;
  /**
   * The sequence number up to which records may be used, at most that of the newest snapshot. Throws BAD_REQUEST for one
   * outside of the ledger, and when both a time and a sequence number are requested.
   */
  resolveSequence(knownAsOf: KnownAsOf): number;
  /**
   * Calls back often: after every step, when all of its records are in memory, and after a catch-up that found none. Returns
   * what ends it.
   */
  onAdvance(listener: () => void): () => void;
  /** Calls back after every step with the number of records that it brought into memory, while the ledger exists. */
  onRecords(listener: (counts: RecordCounts) => void): void;
  /** How many `onAdvance` listeners there are. */
  readonly listeners: number;
  /** The indices whose size operators watch. */
  indexStates(): IndexState[];
  /** True once the rebuild is done, and the check of the store beside it. */
  readonly ready: boolean;
  /** What was found damaged at the start or since. */
  readonly damages: readonly Damage[];
  /** Throws DATA_DAMAGED when a table is damaged that an area rests on. */
  refuseDamaged(area: Area): void;
  /** Checks the store as a start does, for work without the indices, and says what of a dataset is damaged. */
  readonly soundness: Pick<Soundness, 'check' | 'damageOfDataset'>;
  /** Resolves when no catch-up runs any more. */
  idle(): Promise<void>;
  /** How the indices came into memory; null until they did. */
  readonly rebuild: RebuildResult | null;
  /**
   * Writes the indices to a file when enough is new since the last one, and ends what reads the store: `catchUp` throws
   * NOT_READY afterwards. Nothing is written to a file afterwards.
   */
  close(): Promise<void>;
}

export const createLedger = (store: Store, options: SoundnessOptions = {}): Ledger => {
  const soundness = new Soundness(store, options);
  const subscriptions: Subscription[] = [];
  const commitLog = createCommitLog();
  const listeners = new Set<() => void>();
  const recordListeners = new Set<(counts: RecordCounts) => void>();

  const startReplay = (): Replay => {
    const onStep = (counts: RecordCounts): void => {
      if (counts.size > 0) for (const listener of recordListeners) listener(counts);
      listeners.forEach((listener) => void listener());
    };
    return new Replay(store, commitLog, inApplyOrder(subscriptions), onStep);
  };

  const state: LedgerState = { replay: undefined, ready: false, rebuild: null, isStopping: false, isClosed: false };
  const catchUps = createCatchUps({ state, soundness, subscriptions, commitLog, startReplay, options });
  const sequence = (): number => state.replay?.sequence ?? 0;
  const snapshotAt = (upTo: number): Snapshot => ({ sequence: upTo, atUs: commitLog.recordedAtUs(upTo) });

  /** The result of a write once projections have its records. */
  const applied = async <R>(write: Promise<R>, pause?: () => Promise<void>): Promise<R> => {
    const result = await write;
    await pause?.();
    // What was stored is stored, also while the ledger closes.
    if (state.replay && !state.isClosed) await catchUps.run();
    return result;
  };

  return {
    subscribe(table, columns, projection) {
      if (state.replay) throw new Error(`projection ${projection.name} is registered after the rebuild began`);
      const known = subscriptions.find((each) => each.table === table);
      if (known) throw new Error(`${projection.name} and ${known.projection.name} are projections of the same table`);
      subscriptions.push({ table, columns, projection: projection as unknown as Projection<never> });
    },
    catchUp: () => (state.isClosed ? Promise.reject(serverIsClosing()) : catchUps.run()),
    write: (work) => applied(store.write(work)),
    writeInSteps: (work) => applied(store.writeInSteps(work), yieldToEventLoop),
    writeShared: (work, undo) => applied(store.writeShared(work, undo)),
    follow: () => (state.replay && !state.isClosed ? catchUps.run() : Promise.resolve()),
    snapshot: () => snapshotAt(sequence()),
    snapshotAt,
    resolveSequence: (knownAsOf) => resolveSequence(knownAsOf, sequence(), commitLog),
    onAdvance(listener) {
      // A function of its own per call: the same listener may be registered twice and removed once.
      const registered = (): void => listener();
      listeners.add(registered);
      return () => void listeners.delete(registered);
    },
    onRecords: (listener) => void recordListeners.add(listener),
    get listeners() {
      return listeners.size;
    },
    indexStates: () => indexStatesOf({ subscriptions, commitLog }),
    get ready() {
      return state.ready && !state.isClosed;
    },
    get damages() {
      return soundness.damages;
    },
    refuseDamaged: (area) => soundness.refuseDamaged(area),
    soundness,
    idle: catchUps.idle,
    get rebuild() {
      return state.rebuild;
    },
    close: () => close(state, catchUps, options.indexFiles),
  };
};

const close = async (state: LedgerState, catchUps: Coalesced, indexFiles: SoundnessOptions['indexFiles']) => {
  await catchUps.idle();
  state.isStopping = true;
  if (state.ready && indexFiles?.isDue(state.replay?.sequence ?? 0, true)) await catchUps.run();
  // Requests that are cut off go on to write and read for a moment, but nothing reads the store once it is closed.
  state.isClosed = true;
  await catchUps.idle();
  await indexFiles?.close();
};

interface LedgerState {
  replay: Replay | undefined;
  ready: boolean;
  rebuild: RebuildResult | null;
  isStopping: boolean;
  /** From then on nothing is read from the store. */
  isClosed: boolean;
}

interface CatchUpParts {
  readonly state: LedgerState;
  readonly soundness: Soundness;
  readonly subscriptions: readonly Subscription[];
  readonly commitLog: CommitLog;
  readonly startReplay: () => Replay;
  readonly options: SoundnessOptions;
}

/** Brings projections level with the store, and writes them to a file now and then: no record is applied meanwhile. */
const createCatchUps = ({ state, soundness, startReplay, options, ...parts }: CatchUpParts): Coalesced => {
  const { logger, indexFiles } = options;
  const catchUps = coalesced(async () => {
    state.replay ??= startReplay();
    const { replay } = state;
    const rebuilding = !state.ready;
    const startedAt = performance.now();
    if (rebuilding) state.rebuild = await soundness.rebuild(replay);
    const { records } = rebuilding && state.rebuild ? state.rebuild : await replay.run(false);
    state.ready = true;
    const ms = Math.round(performance.now() - startedAt);
    if (rebuilding) logger?.debug({ ...state.rebuild, ms, indices: indexStatesOf(parts) }, 'projections rebuilt');
    else if (records > 0) logger?.debug({ records, ms, sequence: replay.sequence }, 'projections caught up');
    if (indexFiles?.isDue(replay.sequence, state.isStopping) !== true || soundness.damages.length > 0) return;
    // The server is ready after the rebuild, and need not wait for a file.
    if (rebuilding) setImmediate(() => void catchUps.run().catch(() => undefined));
    else indexFiles.write(await replay.capture());
  });
  return catchUps;
};

const resolveSequence = ({ knownAtUs, sequence }: KnownAsOf, last: number, commitLog: CommitLog): number => {
  if (sequence !== undefined && knownAtUs !== undefined)
    throw new DomainError('BAD_REQUEST', 'asOf has knownAt and sequence: both name a snapshot, so use one of them');
  if (sequence !== undefined && (sequence < 0 || sequence > last))
    throw new DomainError('BAD_REQUEST', `sequence ${sequence} is outside of the ledger, which ends at ${last}`);
  return sequence ?? (knownAtUs === undefined ? last : commitLog.sequenceAt(knownAtUs));
};

const indexStatesOf = ({
  subscriptions,
  commitLog,
}: Pick<CatchUpParts, 'subscriptions' | 'commitLog'>): IndexState[] => [
  ...subscriptions.flatMap(({ projection }) =>
    projection.size ? [{ name: projection.name, ...projection.size() }] : [],
  ),
  { name: 'commits', entries: commitLog.commits, bytes: commitLog.byteLength },
];
