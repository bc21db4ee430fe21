import { DomainError } from '../errors.ts';
import { numberText } from './exact-json.ts';
import { preview } from './problems.ts';

/** A number is written in digits, so that none is lost. */
export type SqlParameterValue = string | boolean | null | { readonly digits: string };

/** Values by the position, from 1, or by the name of the parameter. */
export type SqlParameters = readonly (readonly [string, SqlParameterValue])[];

const refuse = (message: string): never => {
  throw new DomainError('BAD_REQUEST', message, { problems: [{ path: 'parameters', code: 'WRONG_TYPE', message }] });
};

/**
 * Reads parameters as JSON has them: a list of values for `$1`, `$2` or the question marks in order, or an object of values
 * by name. Throws BAD_REQUEST for anything else.
 */
export const readParameters = (value: unknown): SqlParameters => {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value.map((each, index) => [String(index + 1), readValue(each, `$${index + 1}`)]);
  if (typeof value === 'object' && numberText(value) === null)
    return Object.entries(value).map(([name, each]) => [name, readValue(each, `$${preview(name)}`)]);
  return refuse(`parameters must be a list of values or an object of values by name, not ${preview(value)}`);
};

const readValue = (value: unknown, name: string): SqlParameterValue => {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'string') return textOf(value, name);
  return {
    digits: numberText(value) ?? refuse(`${name} must be text, a number, a boolean or null, not ${preview(value)}`),
  };
};

const textOf = (text: string, name: string): string =>
  text.isWellFormed() && !text.includes('\0') ? text : refuse(`${name} must be well-formed text without NUL`);

const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;

/**
 * Reads parameters that are written as texts: `12`, `text`, or with a name `from=2024-01-01`. Either all or none have a name.
 * What looks like a number is one, unless the query compares it with text.
 */
export const parseParameters = (texts: readonly string[]): SqlParameters => {
  const named = texts.map((text) => /^([A-Za-z_]\w*)=(.*)$/s.exec(text));
  const areNamed = named.some((match) => match !== null);
  return texts.map((text, index) => {
    const match = named[index];
    if (areNamed && !match)
      return refuse(`either all parameters have a name, as in from=2024-01-01, or none: ${preview(text)}`);
    const [, name = String(index + 1), value = text] = match ?? [];
    return [name, number.test(value) ? { digits: value } : textOf(value, `$${name}`)];
  });
};
