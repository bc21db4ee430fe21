import { CodeTable } from '../../indices/code-table.ts';
import { cooperativeSort } from '../../indices/cooperative-sort.ts';
import { growableFloat64, growableUint32 } from '../../indices/growable.ts';
import type { Work } from '../../lib/work.ts';
import { createYielder } from '../../lib/yielding.ts';
import type { CountedUsers } from './counted-users.ts';
import type { UserVariant } from './engine.ts';
import { type CountryUsers, type ExposureCell, ExposureCells } from './exposure-cells.ts';
import type { JudgedUsers } from './judged-users.ts';

/** A user in a variant, with codes instead of texts. */
export interface CodedUserVariant extends Pick<UserVariant, 'events' | 'lastSeq' | 'judged'> {
  readonly user: number;
  readonly variant: number;
  readonly firstAtUs: number;
  readonly firstSeq: number;
  readonly accountType: number;
  readonly eventType: number;
}

export interface AggregatedUserSources {
  /** Code of the user's country. */
  readonly countryOf: (user: number) => number;
  /** Index of the phase of the plan at an instant. */
  readonly phaseOf: (atUs: number) => number;
}

/** The users of events that an engine has counted: it gives a row for each user and variant, in the order of the first events. */
export class AggregatedUsers implements CountedUsers {
  readonly crossovers: number[] = [];
  readonly #sources: AggregatedUserSources;
  readonly #users = new CodeTable();
  readonly #cells = new ExposureCells();
  /** By the user's index. */
  readonly #countries = growableUint32();
  readonly #variantCounts = growableUint32();
  readonly #events = growableUint32();
  readonly #lastSeqs = growableFloat64();
  readonly #firstAtUs = growableFloat64();
  readonly #firstSeqs = growableFloat64();
  readonly #firstVariants = growableUint32();
  readonly #firstAccountTypes = growableUint32();
  readonly #firstEventTypes = growableUint32();
  /** The place of the first event that is judged; infinite without one. */
  readonly #judgedGroups = growableFloat64();
  readonly #judgedAtUs = growableFloat64();
  readonly #judgedSeqs = growableFloat64();

  constructor(sources: AggregatedUserSources) {
    this.#sources = sources;
  }

  get userCount(): number {
    return this.#users.size;
  }

  get busiest(): CountedUsers['busiest'] {
    let busiest = -1;
    for (let index = 0; index < this.userCount; index++) if (this.#isBusier(index, busiest)) busiest = index;
    return busiest < 0
      ? { user: null, events: 0 }
      : { user: this.userAt(busiest), events: this.#events.values[busiest] as number };
  }

  /** Who has the most events with the last of them reached that number then. */
  #isBusier(index: number, than: number): boolean {
    if (than < 0) return true;
    const [events, most] = [this.#events.values[index] as number, this.#events.values[than] as number];
    if (events !== most) return events > most;
    return (this.#lastSeqs.values[index] as number) < (this.#lastSeqs.values[than] as number);
  }

  userAt(index: number): number {
    return this.#users.codeAt(index);
  }

  countryAt(index: number): number {
    return this.#countries.values[index] as number;
  }

  firstAtUs(index: number): number {
    return this.#firstAtUs.values[index] as number;
  }

  firstVariantAt(index: number): number {
    return this.#firstVariants.values[index] as number;
  }

  firstAccountTypeAt(index: number): number {
    return this.#firstAccountTypes.values[index] as number;
  }

  firstEventTypeAt(index: number): number {
    return this.#firstEventTypes.values[index] as number;
  }

  eventsOf(user: number): number {
    const index = this.#users.indexOf(user);
    return index === undefined ? 0 : (this.#events.values[index] as number);
  }

  cells(): ExposureCell[] {
    return this.#cells.cells();
  }

  countries(): CountryUsers[] {
    return this.#cells.countries();
  }

  usersOfPhase(phase: number): Map<number, number> {
    const counts = new Map<number, number>();
    for (let index = 0; index < this.userCount; index++) {
      if (this.#sources.phaseOf(this.firstAtUs(index)) !== phase) continue;
      const country = this.countryAt(index);
      counts.set(country, (counts.get(country) ?? 0) + 1);
    }
    return counts;
  }

  add(row: CodedUserVariant): void {
    const index = this.#indexOf(row.user);
    const cell = this.#cells.cellOf(this.countryAt(index), row.variant);
    cell.events += row.events;
    cell.users++;
    this.#events.set(index, (this.#events.values[index] as number) + row.events);
    this.#lastSeqs.set(index, Math.max(this.#lastSeqs.values[index] as number, row.lastSeq));
    const variants = (this.#variantCounts.values[index] as number) + 1;
    this.#variantCounts.set(index, variants);
    if (variants === 2) {
      this.crossovers.push(row.user);
      this.#cells.usersOf(this.countryAt(index)).crossovers++;
    }
    this.#addFirst(index, row);
    this.#addJudged(index, row);
  }

  /** The users of judged events in the order of their first one. */
  async judged(work: Work): Promise<JudgedUsers> {
    const [groups, times, seqs] = [this.#judgedGroups.values, this.#judgedAtUs.values, this.#judgedSeqs.values];
    const at = (values: Float64Array, index: number): number => values[index] as number;
    const compare = (a: number, b: number): number =>
      at(groups, a) - at(groups, b) || at(times, a) - at(times, b) || at(seqs, a) - at(seqs, b);
    const indices = Uint32Array.from({ length: this.userCount }, (_, index) => index);
    const judged = indices.filter((index) => at(groups, index) !== Number.POSITIVE_INFINITY);
    const order = await cooperativeSort(judged, compare, createYielder(work));
    const isSame = (a: number, b: number): boolean => at(groups, a) === at(groups, b) && at(times, a) === at(times, b);
    return {
      length: order.length,
      indexAt: (position) => order[position] as number,
      isLookAt: (position) =>
        position + 1 === order.length || !isSame(order[position] as number, order[position + 1] as number),
    };
  }

  #indexOf(user: number): number {
    const index = this.#users.intern(user);
    if (index < this.#countries.length) return index;
    const country = this.#sources.countryOf(user);
    this.#countries.push(country);
    this.#cells.usersOf(country).users++;
    for (const counts of [this.#variantCounts, this.#events, this.#lastSeqs]) counts.push(0);
    for (const codes of [this.#firstVariants, this.#firstAccountTypes, this.#firstEventTypes]) codes.push(0);
    const columns = [this.#firstAtUs, this.#firstSeqs, this.#judgedGroups, this.#judgedAtUs, this.#judgedSeqs];
    for (const column of columns) column.push(Number.POSITIVE_INFINITY);
    return index;
  }

  #addFirst(index: number, { firstAtUs, firstSeq, variant, accountType, eventType }: CodedUserVariant): void {
    const known = this.firstAtUs(index);
    if (firstAtUs > known || (firstAtUs === known && firstSeq > (this.#firstSeqs.values[index] as number))) return;
    this.#firstAtUs.set(index, firstAtUs);
    this.#firstSeqs.set(index, firstSeq);
    this.#firstVariants.set(index, variant);
    this.#firstAccountTypes.set(index, accountType);
    this.#firstEventTypes.set(index, eventType);
  }

  #addJudged(index: number, { judged }: CodedUserVariant): void {
    if (!judged) return;
    const [group, atUs, seq] = [this.#judgedGroups, this.#judgedAtUs, this.#judgedSeqs].map(
      ({ values }) => values[index] as number,
    ) as [number, number, number];
    const order = judged.group - group || judged.atUs - atUs || judged.seq - seq;
    if (order > 0) return;
    this.#judgedGroups.set(index, judged.group);
    this.#judgedAtUs.set(index, judged.atUs);
    this.#judgedSeqs.set(index, judged.seq);
  }
}
