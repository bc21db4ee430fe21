import type { Logger } from 'pino';
import type { Damage, Store } from '../../db/store.ts';
import { DomainError } from '../errors.ts';
import { type Area, areas } from './areas.ts';
import type { IndexFiles } from './index-files/index-files.ts';
import type { RebuildResult, Replay } from './replay.ts';

export interface SoundnessOptions {
  readonly logger?: Pick<Logger, 'debug' | 'error' | 'info'>;
  /** Whether the rebuild rejects with DATA_DAMAGED when anything is damaged; default: the rest can be used. */
  readonly refusesDamaged?: boolean;
  /** Files with the indices of this store. */
  readonly indexFiles?: IndexFiles | undefined;
}

/** Further ones only repeat that the store is damaged. */
const loggedDamagesMax = 20;

/** What of the store is damaged, and which answers rest on it. */
export class Soundness {
  readonly #store: Store;
  readonly #options: SoundnessOptions;
  #damages: readonly Damage[] = [];
  #checking: Promise<void> | undefined;

  constructor(store: Store, options: SoundnessOptions) {
    this.#store = store;
    this.#options = options;
  }

  get damages(): readonly Damage[] {
    return this.#damages;
  }

  /** Runs the rebuild beside the check of a store that nobody knows to be sound: only both make the answers right. */
  async rebuild(replay: Replay): Promise<RebuildResult> {
    const building = replay.rebuild(this.#options.indexFiles ?? null);
    const [built, check] = await Promise.allSettled([building, this.check()]);
    if (check.status === 'rejected') throw check.reason;
    const first = this.#damages.find(({ datasetId }) => datasetId === undefined);
    if (first && this.#options.refusesDamaged) throw damagedBy(first, this.#damages.length);
    if (built.status === 'fulfilled') return built.value;
    if (!first) throw built.reason;
    this.#add([{ table: null, message: `the indices cannot be built from damaged records: ${String(built.reason)}` }]);
    return { records: 0, fromFile: 0, fileMs: 0, recordsMs: 0, readAhead: 0, threadFault: null };
  }

  /** Checks the store as a start does, once. */
  check(): Promise<void> {
    this.#checking ??= this.#store
      .checkAtStart((found) => this.#add(found))
      .then((found) => {
        this.#add(found);
      });
    return this.#checking;
  }

  /** Throws DATA_DAMAGED when a table is damaged that an area rests on. What is damaged of one dataset closes only that. */
  refuseDamaged(area: Area): void {
    const tables: readonly string[] = areas[area];
    const found = this.#damages.find(
      ({ table, datasetId }) => datasetId === undefined && (table === null || tables.includes(table)),
    );
    if (found) throw damagedBy(found, this.#damages.length);
  }

  /** DATA_DAMAGED with what of a dataset is damaged; null for nothing. */
  damageOfDataset(id: number): DomainError | null {
    const found = this.#damages.find(({ datasetId }) => datasetId === id);
    return found ? damagedBy(found, this.#damages.length) : null;
  }

  #add(found: readonly Damage[]): void {
    // They would hold what is damaged, and be used after it was put right.
    if (found.length > 0) void this.#options.indexFiles?.discard();
    this.#damages = [...this.#damages, ...found];
    for (const { table, message } of found.slice(0, loggedDamagesMax)) this.#options.logger?.error({ table }, message);
  }
}

const damagedBy = ({ message }: Damage, count: number): DomainError =>
  new DomainError(
    'DATA_DAMAGED',
    `what this rests on is not as it was stored: ${message}; run "asof verify --list" and put back a backup`,
    { details: { damages: count } },
  );
