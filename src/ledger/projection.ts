import type { StateColumns } from '../indices/state-columns.ts';
import { compareTexts } from '../lib/compare.ts';
import type { Records } from '../lib/record-columns.ts';

/** How much memory a projection holds. */
export interface ProjectionSize {
  readonly entries: number;
  readonly bytes: number;
}

/** How one table's records get into memory. */
export interface Projection<R> {
  /** Unique among all projections. */
  readonly name: string;
  /** The projections whose state this one reads in `prepare`, `apply` or `rebuilt`: their calls come first. */
  readonly after?: readonly string[];
  /** Work that takes time; memory still answers as before. In every step all projections prepare before any applies. */
  prepare?(records: Records<R>, rebuilding: boolean): Promise<void>;
  /** Adds the records at once, without awaiting, so that no reader sees half a commit. Replaying a record is harmless. */
  apply(records: Records<R>): void;
  /** Called when the start is done and has read many records, to release what that left unused. */
  rebuilt?(): Promise<void>;
  /** Reported to operators; a projection without it is too small to matter. */
  size?(): ProjectionSize;
  /** Writes its whole state to an index file, or loads it before the first record is applied. */
  exchange(columns: StateColumns): void;
  /** The values of settings that the state depends on. */
  readonly settings?: readonly number[];
}

type Named = Pick<Projection<never>, 'name' | 'after'>;

/**
 * The projections in the order in which they prepare, apply and end the rebuild: each after those it names, otherwise by
 * name, so that the order in which they were registered never matters. Throws when a name is used twice, when `after`
 * names an unknown projection, and when projections wait for each other.
 */
export const inApplyOrder = <P extends { readonly projection: Named }>(registered: readonly P[]): P[] => {
  const pending = new Map<string, P>();
  for (const each of registered) {
    const { name } = each.projection;
    if (pending.has(name)) throw new Error(`two projections are called ${name}`);
    pending.set(name, each);
  }
  for (const { projection } of registered)
    for (const other of projection.after ?? [])
      if (!pending.has(other))
        throw new Error(`projection ${projection.name} is declared after ${other}, which is not registered`);

  const ordered: P[] = [];
  while (pending.size > 0) {
    const ready = [...pending.values()].filter(
      ({ projection }) => !projection.after?.some((name) => pending.has(name)),
    );
    const [next] = ready.sort((a, b) => compareTexts(a.projection.name, b.projection.name));
    if (!next) throw new Error(`projections ${[...pending.keys()].sort().join(', ')} are declared after each other`);
    ordered.push(next);
    pending.delete(next.projection.name);
  }
  return ordered;
};
