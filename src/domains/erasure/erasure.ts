import { rm } from 'node:fs/promises';
import type { LedgerTable, Match, Store } from '../../../db/store.ts';
import { conversations, followups } from '../../../db/tables/conversations.ts';
import { excludedUsers } from '../../../db/tables/excluded-users.ts';
import { experimentEvents } from '../../../db/tables/experiments.ts';
import { erasedRecords } from '../../../db/tables/integrity.ts';
import { transactions } from '../../../db/tables/transactions.ts';
import { userFiles } from '../../../db/tables/user-files.ts';
import { statusChanges } from '../../../db/tables/user-status.ts';
import { userProfiles } from '../../../db/tables/users.ts';
import { formatMicros, microsOf, parseDecimal } from '../../lib/decimal.ts';
import type { ImageStore } from '../../sources/image-store.ts';
import { namingOf } from './person-pattern.ts';
import { type FoundText, type TextKind, textsNaming } from './texts.ts';

/** The tables whose records are a person's, with the column that names the person. A conversation's is its UUID. */
export const personTables = {
  'user attributes': [userProfiles, 'userId'],
  'user files': [userFiles, 'userId'],
  'status changes': [statusChanges, 'userId'],
  transactions: [transactions, 'userId'],
  'experiment events': [experimentEvents, 'userId'],
  exclusions: [excludedUsers, 'userId'],
  conversations: [conversations, 'uuid'],
  'follow-ups': [followups, 'uuid'],
} as const satisfies Readonly<Record<string, readonly [LedgerTable, string]>>;

type RecordKind = keyof typeof personTables;

/** How much of a kind there is before, and is the person's. */
export interface ErasureCount {
  readonly kind: RecordKind | TextKind | 'images';
  /** Null for texts, of which only those that name the person are counted. */
  readonly before: number | null;
  readonly erased: number;
}

/** What the store holds of a person. */
export interface Erasure {
  readonly counts: readonly ErasureCount[];
  /** Sums of the amounts of transactions, exact decimal texts. */
  readonly amount: { readonly before: string; readonly erased: string; readonly after: string };
  /** From this sequence number on figures can no longer be reproduced; null when no record is the person's. */
  readonly firstSequence: number | null;
  readonly isEmpty: boolean;
  /** Removes it all. Throws OUT_OF_SPACE and STORAGE_FAILED; then it may be repeated. */
  erase(): Promise<void>;
}

const sliceRows = 10_000;

/** Erases people from a store that no server and no other process has open: indices in memory do not follow. */
export class UserErasure {
  readonly #store: Store;
  readonly #images: ImageStore;

  constructor(store: Store, images: ImageStore) {
    this.#store = store;
    this.#images = images;
  }

  /** Finds everything of a person; changes nothing. */
  find(userId: string): Erasure {
    const seqs = new Set<number>();
    const counts: ErasureCount[] = [];
    let firstSequence = Number.POSITIVE_INFINITY;
    for (const [kind, table, match] of matchesOf(userId)) {
      let erased = 0;
      for (const rows of this.#store.slices(table, { columns: ['seq'], match, orderBy: 'seq', sliceRows }))
        for (const seq of rows.map((row) => (row as { seq: number }).seq)) {
          seqs.add(seq);
          firstSequence = Math.min(firstSequence, seq);
          erased++;
        }
      counts.push({ kind, before: this.#store.count(table), erased });
    }
    const images = this.#imagesOnlyOf(userId);
    counts.push({ kind: 'images', before: this.#imageCount(), erased: images.length });
    const texts = [...textsNaming(this.#store, { names: namingOf(userId), isRecord: (seq) => seqs.has(seq) })];
    for (const kind of new Set(texts.map((text) => text.kind)))
      counts.push({ kind, before: null, erased: texts.filter((text) => text.kind === kind).length });
    return {
      counts,
      amount: this.#amounts(userId),
      firstSequence: seqs.size > 0 ? firstSequence : null,
      isEmpty: seqs.size + texts.length === 0,
      erase: () => this.#erase(userId, texts, images),
    };
  }

  /** Whether an earlier erasure may have been interrupted before the file was written anew. */
  hasErased(): boolean {
    return this.#store.count(erasedRecords) > 0;
  }

  async #erase(userId: string, texts: readonly FoundText[], images: readonly string[]): Promise<void> {
    // Files first: while the store names the person, an erasure that is interrupted can be repeated.
    for (const sha256 of images) await rm(this.#images.pathOf(sha256), { force: true });
    await this.#store.erase((tx) => {
      for (const text of texts) text.erase(tx);
      for (const [, table, match] of matchesOf(userId)) tx.erase(table, match);
    });
  }

  /** SHA-256 of the images that no other user has or had. */
  #imagesOnlyOf(userId: string): string[] {
    const own = new Set<string>();
    const request = { columns: ['seq', 'sha256'], match: { userId }, orderBy: 'seq', sliceRows } as const;
    for (const rows of this.#store.slices(userFiles, request))
      for (const { sha256 } of rows) if (sha256 !== null) own.add(sha256);
    return [...own].filter(
      (sha256) => this.#store.count(userFiles, { sha256 }) === this.#store.count(userFiles, { sha256, userId }),
    );
  }

  #imageCount(): number {
    const known = new Set<string>();
    const request = { columns: ['seq', 'sha256'], match: { kind: 'IMAGE' }, orderBy: 'seq', sliceRows } as const;
    for (const rows of this.#store.slices(userFiles, request))
      for (const { sha256 } of rows) if (sha256 !== null) known.add(sha256);
    return known.size;
  }

  #amounts(userId: string): Erasure['amount'] {
    let [before, erased] = [0n, 0n];
    const request = { columns: ['seq', 'userId', 'amount'], match: {}, orderBy: 'seq', sliceRows } as const;
    for (const rows of this.#store.slices(transactions, request))
      for (const row of rows) {
        const parsed = parseDecimal(row.amount);
        const micros = parsed ? microsOf(parsed) : 0n;
        before += micros;
        if (row.userId === userId) erased += micros;
      }
    return { before: formatMicros(before), erased: formatMicros(erased), after: formatMicros(before - erased) };
  }
}

const matchesOf = (userId: string): [RecordKind, LedgerTable, Match<LedgerTable>][] =>
  Object.entries(personTables).map(([kind, [table, column]]) => [
    kind as RecordKind,
    table,
    { [column]: column === 'uuid' ? userId.toLowerCase() : userId } as Match<LedgerTable>,
  ]);
