import type { Store } from '../../../db/store.ts';
import { commits } from '../../../db/tables/commits.ts';
import { imports, rejectedRecords } from '../../../db/tables/imports.ts';
import { ledgerSegments } from '../../../db/tables/segments.ts';
import type { DomainError } from '../../errors.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { type BackupNote, readBackupNote } from '../../lib/backup-note.ts';
import type { NowUs } from '../../lib/clock.ts';
import { IngestRates } from './ingest-rates.ts';

/** How far the indices are behind the store. */
export interface IndexLag {
  /** The sequence number that they have reached. */
  readonly sequence: number;
  readonly newestSequence: number;
  /** How long the oldest record that they lack has been stored, microseconds; 0 when they lack none. */
  readonly us: number;
}

/** What operators watch. Every question costs a look-up in an index at most, whatever the ledger holds. */
export class Health {
  readonly ingest: IngestRates;
  readonly #store: Store;
  readonly #ledger: Ledger;
  readonly #nowUs: NowUs;
  /** The data folder. */
  readonly #data: string;
  #damagedFiles = 0;

  constructor(store: Store, ledger: Ledger, { nowUs, data }: { readonly nowUs: NowUs; readonly data: string }) {
    this.#store = store;
    this.#data = data;
    this.#ledger = ledger;
    this.#nowUs = nowUs;
    this.ingest = new IngestRates(nowUs);
    ledger.onRecords((counts) => {
      // The rebuild at the start reads records that arrived long ago.
      if (ledger.ready) this.ingest.add(counts);
    });
  }

  indexLag(): IndexLag {
    const { sequence } = this.#ledger.snapshot();
    const [newest] = this.#store.page(commits, { key: 'lastSeq', direction: 'desc', limit: 1 });
    const newestSequence = Math.max(newest?.lastSeq ?? 0, sequence);
    if (newestSequence === sequence) return { sequence, newestSequence, us: 0 };
    const [missing] = this.#store.page(commits, { key: 'lastSeq', direction: 'asc', after: sequence, limit: 1 });
    return { sequence, newestSequence, us: Math.max(0, this.#nowUs() - (missing?.recordedAtUs ?? this.#nowUs())) };
  }

  /** The copy of the ledger in memory, as one of those that answer questions. */
  memoryProjection(): { readonly name: string; readonly sequence: number; readonly lagMs: number } {
    const { sequence, us } = this.indexLag();
    return { name: 'memory', sequence, lagMs: Math.round(us / 1000) };
  }

  /** Why this server should get no requests although its indices are built: its writes fail. Null while they succeed. */
  writeFault(): DomainError | null {
    return this.#store.writeFault();
  }

  /** The last complete backup; null when none was made. */
  lastBackup(): BackupNote | null {
    return readBackupNote(this.#data);
  }

  /** How much of the store, and how many files, this server has found not to be as they were stored. */
  damages(): number {
    return this.#ledger.damages.length + this.#damagedFiles;
  }

  /** Counts files that are not as they were stored, one for each problem; returns how many there are. */
  async countDamagedFiles(problems: AsyncIterable<string>): Promise<number> {
    for await (const _problem of problems) this.#damagedFiles++;
    return this.#damagedFiles;
  }

  openRejectedRecords(): number {
    return this.#store.count(rejectedRecords, { state: 'OPEN' });
  }

  importsByState(): { readonly state: string; readonly count: number }[] {
    return imports.state.enumValues.map((state) => ({ state, count: this.#store.count(imports, { state }) }));
  }

  runningImports(): number {
    return this.#store.count(imports, { state: 'RUNNING' });
  }

  /** Bytes of the memory that the process holds, code and buffers included. */
  memoryBytes(): number {
    return process.memoryUsage.rss();
  }

  /** Bytes of the store, without datasets, images and its write-ahead log. */
  storeBytes(): number {
    return this.#store.bytes();
  }

  /** Up to which sequence number records are archived; 0 for none. */
  archivedSequence(): number {
    return this.#store.page(ledgerSegments, { key: 'id', direction: 'desc', limit: 1 })[0]?.lastSeq ?? 0;
  }
}
