import type { LedgerTable } from '../../../db/store.ts';
import {
  conversations,
  excludedUsers,
  experimentEvents,
  experiments,
  followups,
  ipTables,
  statusChanges,
  transactions,
  userFiles,
  userProfiles,
} from '../../../db/tables/index.ts';
import type { NowUs } from '../../lib/clock.ts';
import type { RecordedKind } from '../changes/kinds.ts';
import { CountRing } from './count-ring.ts';

const secondUs = 1_000_000;
const minuteUs = 60 * secondUs;

/** The kind that a record counts as; records that the server writes about itself do not count. */
const kindOf: ReadonlyMap<LedgerTable, RecordedKind> = new Map<LedgerTable, RecordedKind>([
  [transactions, 'TRANSACTIONS'],
  [experimentEvents, 'EVENTS'],
  [statusChanges, 'STATUS_CHANGES'],
  [userProfiles, 'USERS'],
  [userFiles, 'USERS'],
  [ipTables, 'IP_RANGES'],
  [conversations, 'CONVERSATIONS'],
  [followups, 'CONVERSATIONS'],
  [experiments, 'EXPERIMENTS'],
  [excludedUsers, 'EXCLUDED_USERS'],
]);

/** The records that arrived while the server runs. */
export interface IngestRate {
  /** In the last 60 seconds, the running one included. */
  readonly lastMinute: number;
  /** The last 60 minutes of the clock, the oldest first; the last one is running. */
  readonly minutes: readonly { readonly startUs: number; readonly count: number }[];
}

class Rings {
  readonly #seconds = new CountRing(secondUs, 60);
  readonly #minutes = new CountRing(minuteUs, 60);

  add(nowUs: number, count: number): void {
    this.#seconds.add(nowUs, count);
    this.#minutes.add(nowUs, count);
  }

  read(nowUs: number): IngestRate {
    return { lastMinute: this.#seconds.sum(nowUs), minutes: this.#minutes.read(nowUs) };
  }
}

/** How many records arrive, by kind, in about 8 kB of memory. Nothing of it is stored. */
export class IngestRates {
  readonly #nowUs: NowUs;
  readonly #all = new Rings();
  readonly #byKind: ReadonlyMap<RecordedKind, Rings> = new Map(
    [...new Set(kindOf.values())].map((kind) => [kind, new Rings()]),
  );

  constructor(nowUs: NowUs) {
    this.#nowUs = nowUs;
  }

  /** Numbers of records by kind; records that the server writes about itself have none. */
  countsByKind(counts: ReadonlyMap<LedgerTable, number>): ReadonlyMap<RecordedKind, number> {
    const byKind = new Map<RecordedKind, number>();
    for (const [table, count] of counts) {
      const kind = kindOf.get(table);
      if (kind) byKind.set(kind, (byKind.get(kind) ?? 0) + count);
    }
    return byKind;
  }

  /** Counts records that have just been read into memory. */
  add(counts: ReadonlyMap<LedgerTable, number>): void {
    const nowUs = this.#nowUs();
    for (const [kind, count] of this.countsByKind(counts)) {
      this.#all.add(nowUs, count);
      this.#byKind.get(kind)?.add(nowUs, count);
    }
  }

  all(): IngestRate {
    return this.#all.read(this.#nowUs());
  }

  byKind(): ({ readonly kind: RecordedKind } & IngestRate)[] {
    const nowUs = this.#nowUs();
    return [...this.#byKind].map(([kind, rings]) => ({ kind, ...rings.read(nowUs) }));
  }
}
