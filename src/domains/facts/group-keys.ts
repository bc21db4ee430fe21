import type { DimensionName, GroupKey } from './dimensions.ts';
import type { FactGroups } from './engine.ts';

/** Of answers with more groups, keys are made for the groups that are read. */
const keptGroupsMax = 16_384;

type KeyedGroups = Pick<FactGroups, 'valueOf' | 'numbering' | 'counts'>;

/** The keys of groups. Those of groups that keep their numbers from answer to answer are made once. */
export class GroupKeys {
  readonly #keys = new WeakMap<object, (GroupKey | undefined)[]>();

  of(groups: KeyedGroups, groupBy: readonly DimensionName[]): (group: number) => GroupKey {
    const { numbering, counts } = groups;
    if (!numbering || counts.length > keptGroupsMax) return (group) => keyOf(groups, groupBy, group);
    const kept = this.#keys.get(numbering) ?? [];
    this.#keys.set(numbering, kept);
    return (group) => {
      const known = kept[group];
      if (known) return known;
      // Many answers share it.
      const key = Object.freeze(keyOf(groups, groupBy, group));
      // In order, for an array with gaps is slower.
      while (kept.length < group) kept.push(undefined);
      kept[group] = key;
      return key;
    };
  }
}

const keyOf = (groups: KeyedGroups, groupBy: readonly DimensionName[], group: number): GroupKey => {
  // Filled one by one, which takes a fraction of the time of making it from entries.
  const key: { [Name in DimensionName]?: string | number } = {};
  for (let index = 0; index < groupBy.length; index++)
    key[groupBy[index] as DimensionName] = groups.valueOf(group, index);
  return key as GroupKey;
};
