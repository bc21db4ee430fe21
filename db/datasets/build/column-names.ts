import { DomainError } from '../../../src/errors.ts';

/** A unique name for each column: its header, with a number appended where another column has the same header. */
export const uniqueNames = (header: readonly string[]): string[] => {
  const used = new Set<string>(header);
  const seen = new Set<string>();
  return header.map((name) => {
    if (!seen.has(name)) {
      seen.add(name);
      return name;
    }
    let number = 2;
    while (used.has(`${name}_${number}`)) number += 1;
    used.add(`${name}_${number}`);
    return `${name}_${number}`;
  });
};

/** Throws BAD_REQUEST when an option names columns that do not exist. */
export const checkColumnsExist = (option: string, names: readonly string[], existing: readonly string[]): void => {
  const missing = names.filter((name) => !existing.includes(name));
  if (missing.length === 0) return;
  const message = `${option} names ${quotedList(missing)}, which the file does not have; it has ${quotedList(existing)}`;
  throw new DomainError('BAD_REQUEST', message, {
    problems: [{ path: option, code: 'NOT_ALLOWED', message }],
  });
};

/** Throws SCHEMA_CHANGED unless both have the same columns, in any order. */
export const checkSameColumns = (before: readonly string[], after: readonly string[]): void => {
  const missing = before.filter((name) => !after.includes(name));
  const added = after.filter((name) => !before.includes(name));
  if (missing.length + added.length === 0) return;
  const parts = [
    missing.length > 0 ? `${quotedList(missing)} is missing` : '',
    added.length > 0 ? `${quotedList(added)} is new` : '',
  ].filter(Boolean);
  throw new DomainError('SCHEMA_CHANGED', `the file has other columns than the dataset: ${parts.join(', ')}`);
};

const quotedList = (names: readonly string[]): string => {
  const text = names.map((name) => JSON.stringify(name)).join(', ');
  return text.length > 300 ? `${text.slice(0, 300).toWellFormed()}…` : text;
};
