import type { Config } from '../config.ts';
import { DomainError } from '../errors.ts';
import { exceededLimitOf, type JsonLimits } from '../lib/json-size.ts';

export type InputLimits = Pick<Config, 'inputDepthMax' | 'inputListMax' | 'inputValuesMax'>;

/** Throws LIMIT_EXCEEDED for JSON of a request that is too deep, or has too many values, before it is parsed. */
export const checkJsonSize = (
  what: string,
  text: string,
  { inputDepthMax, inputListMax, inputValuesMax }: InputLimits,
): void => {
  const limits: JsonLimits = { depthMax: inputDepthMax, itemsMax: inputListMax, valuesMax: inputValuesMax };
  const exceeded = exceededLimitOf(text, limits);
  if (exceeded !== null) throw new DomainError('LIMIT_EXCEEDED', `${what} ${reasons[exceeded](limits)}`);
};

const reasons: Readonly<Record<keyof JsonLimits, (limits: JsonLimits) => string>> = {
  depthMax: ({ depthMax }) => `is nested more than ${depthMax} levels deep (setting inputDepthMax)`,
  itemsMax: ({ itemsMax }) => `has a list or object of more than ${itemsMax} items (setting inputListMax)`,
  valuesMax: ({ valuesMax }) => `has more than ${valuesMax} values (setting inputValuesMax)`,
};
