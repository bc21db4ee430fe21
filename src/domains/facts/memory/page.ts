import { LRUCache } from 'lru-cache';
import type { Work } from '../../../lib/work.ts';
import type { JoinName } from '../dimensions.ts';
import type { FactPage, FactPageRequest } from '../engine.ts';
import type { FactFilter } from '../filter.ts';
import { joinProbe } from './enrichment.ts';
import { cursorsOf, type FactList, type FoundPage, factListOf, listTimeZone } from './fact-list.ts';
import type { MemoryFacts } from './memory-facts.ts';
import type { PageOrders } from './page-orders.ts';
import { scanBlocks } from './scan.ts';
import { scannedPage } from './scanned-page.ts';
import { walkedPage } from './walked-page.ts';

/** Characters of requests and sequence numbers in the pages that are remembered. */
const rememberedMax = 1_000_000;
const rememberedCounts = 1000;

type KnownPage = Pick<FactPage, 'seqs' | 'hasBefore' | 'hasAfter'>;

/**
 * Finds pages of facts, ties in the order of `seq`. A page costs a walk from its cursor through the rows in order, where these
 * are in order already and enough of them are on the list; otherwise a scan. A page of one sequence number is always the
 * same: those that were found last are remembered.
 */
export class FactPages {
  readonly #facts: MemoryFacts;
  readonly #orders: PageOrders;
  readonly #pages = new LRUCache<string, KnownPage>({
    maxSize: rememberedMax,
    sizeCalculation: ({ seqs }, key) => key.length + seqs.length,
  });
  /** By the list. */
  readonly #counts = new LRUCache<string, number>({ max: rememberedCounts });

  constructor(facts: MemoryFacts, orders: PageOrders) {
    this.#facts = facts;
    this.#orders = orders;
  }

  async page(request: FactPageRequest, work?: Work): Promise<FactPage> {
    const facts = this.#facts;
    const enriched = await facts.enrichment.at(request.asOf, joinsOf(facts, request.where), work);
    const { sequence } = enriched;
    const key = JSON.stringify([sequence, request]);
    const listKey = JSON.stringify([sequence, request.where, request.userId, request.asOf?.validAtUs]);
    const listOf = (work?: Work): Promise<FactList> => factListOf(facts, enriched, request, work);
    const page = this.#pages.get(key) ?? (await this.#newPage(await listOf(work), listKey, work));
    this.#pages.set(key, page);
    const count = async (work?: Work): Promise<number> => this.#count(await listOf(work), listKey, work);
    return { ...page, sequence, totalCount: (work) => this.#counts.get(listKey) ?? count(work) };
  }

  async #newPage(list: FactList, listKey: string, work?: Work): Promise<KnownPage> {
    const { rows, totalCount, hasBefore, hasAfter } = await this.#find(list, work);
    if (totalCount !== undefined) this.#counts.set(listKey, totalCount);
    return { seqs: Object.freeze(rows.map(list.columns.seqOf)), hasBefore, hasAfter };
  }

  async #find(list: FactList, work?: Work): Promise<FoundPage> {
    const cursors = cursorsOf(list);
    const { candidates, request, rows } = list;
    const ordered = typeof candidates === 'number' ? await this.#orders.of(request.orderBy, rows) : undefined;
    return (ordered && (await walkedPage(list, cursors, ordered, work))) ?? scannedPage(list, cursors, work);
  }

  async #count({ filter, candidates, rows }: FactList, listKey: string, work?: Work): Promise<number> {
    let count = 0;
    const visit = ({ length }: Uint32Array): void => {
      count += length;
    };
    if (filter) await scanBlocks({ candidates, filter }, visit, work);
    else count = rows;
    this.#counts.set(listKey, count);
    return count;
  }
}

/** The joins that a filter reads. */
const joinsOf = (
  facts: Pick<MemoryFacts, 'rowFilterOf'>,
  where: FactFilter | null | undefined,
): ReadonlySet<JoinName> => {
  const probe = joinProbe();
  facts.rowFilterOf(where, { enriched: probe.facts, timeZone: listTimeZone });
  return probe.joins;
};
