import { DomainError } from '../errors.ts';
import type { InputLimits } from '../http/limited-json.ts';
import { preview } from '../lib/problems.ts';
import { jsonOf, parametersOf, type RequestParameters } from './parameters.ts';

const badRequest = (message: string): DomainError => new DomainError('BAD_REQUEST', message);

/**
 * The parameters of a multipart request (GraphQL multipart request specification): `operations` with each file where `map`
 * says. Throws BAD_REQUEST and LIMIT_EXCEEDED.
 */
export const parametersOfParts = (parts: FormData, limits: InputLimits): RequestParameters => {
  const operations = jsonOf('operations', textOf('operations', parts), limits);
  const map = parts.has('map') ? jsonOf('map', textOf('map', parts), limits) : {};
  if (typeof map !== 'object' || map === null || Array.isArray(map))
    throw badRequest(`map must be a JSON object of lists of paths, not ${preview(map)}`);
  parametersOf(operations);
  for (const [part, paths] of Object.entries(map)) {
    const file = parts.get(part);
    if (file === null || typeof file === 'string')
      throw badRequest(`map names the part ${preview(part)}, which is no file`);
    if (!Array.isArray(paths))
      throw badRequest(`map must have a list of paths for ${preview(part)}, not ${preview(paths)}`);
    for (const path of paths) setAt(operations, path, file);
  }
  // Again, because a file may be where none belongs.
  return parametersOf(operations);
};

/** The replacement character stands for bytes that were not UTF-8. */
const textOf = (name: string, parts: FormData): string => {
  const part = parts.get(name);
  if (part === null) throw badRequest(`the part ${name} is missing`);
  if (typeof part !== 'string') throw badRequest(`the part ${name} must be text, not a file`);
  if (part.includes('\ufffd')) throw badRequest(`the part ${name} is not valid UTF-8`);
  return part;
};

/** Sets a file at a path such as `variables.files.0`, where the client left null. */
const setAt = (operations: unknown, path: unknown, file: File): void => {
  const names = typeof path === 'string' ? path.split('.') : [];
  const last = names.pop() ?? '';
  let target = operations;
  for (const name of names) target = memberOf(target, name);
  const replaced = memberOf(target, last) ?? null;
  if (replaced !== null || typeof target !== 'object' || target === null || last === '__proto__')
    throw badRequest(`map has the path ${preview(path)}, where operations has no null`);
  (target as Record<string, unknown>)[last] = file;
};

const memberOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
