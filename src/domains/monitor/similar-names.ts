/** Groups of names that differ only in case, blanks, invisible characters or Unicode form, such as `SE` and `ｓｅ `. */
export const similarNames = (names: Iterable<string>): string[][] => {
  const groups = new Map<string, string[]>();
  for (const name of new Set(names)) {
    const form = comparable(name);
    groups.set(form, [...(groups.get(form) ?? []), name]);
  }
  return [...groups.values()].filter((group) => group.length > 1);
};

/** Compatibility decomposition makes full-width and composed forms equal (Unicode Standard Annex 15). */
const comparable = (name: string): string =>
  name
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[\s\p{Cf}]+/gu, '');
