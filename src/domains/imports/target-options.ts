import { DomainError } from '../../errors.ts';
import { readOptionsOf } from '../../lib/import-option-texts.ts';
import type { ImportReadOptions } from '../../lib/import-options.ts';
import type { ImportTarget } from '../../lib/import-target.ts';
import type { ImportOptions } from './run.ts';

/** Throws BAD_REQUEST, which names them, for options that have no effect on files of the target. */
export const checkTargetOptions = (
  { name: target, readOptions }: ImportTarget,
  { synonyms = {}, ...options }: ImportReadOptions & Pick<ImportOptions, 'synonyms'>,
): void => {
  const names = Object.keys(readOptionsOf(options));
  if (Object.keys(synonyms).length > 0) names.push('statusWords');
  const allowed: readonly string[] = readOptions;
  const hint = allowed.length === 0 ? '' : `; the options of its files are ${allowed.join(', ')}`;
  const problems = names
    .filter((name) => !allowed.includes(name))
    .map((path) => ({ path, code: 'NOT_ALLOWED' as const, message: `${path} has no effect on ${target}${hint}` }));
  if (problems.length === 0) return;
  throw new DomainError('BAD_REQUEST', problems.map(({ message }) => message).join('; '), { problems });
};
