import type { Services } from '../../../context.ts';
import type { DatasetVersion } from '../../../domains/datasets/columns.ts';
import type { Dataset } from '../../../domains/datasets/datasets.ts';
import type { RowFilter } from '../../../domains/datasets/filter.ts';
import { badParameter, filterOf, type TextTest } from '../../../domains/datasets/query-text.ts';
import { preview } from '../../../lib/problems.ts';
import type { RawInput, Shape } from '../../read-input.ts';
import type { Basis, BasisRequest, RouteContext } from '../../route.ts';
import { rowFilterOf } from '../../row-filter.ts';

/** How the routes describe the parameters that name columns. */
export const testsDescription =
  'Each further parameter names a column and a value: numbers, booleans and dates must be equal to it, text must contain it, ignoring case. The suffixes `__eq __ne __gt __gte __lt __lte __in __contains __startswith __isnull __ismisfit` select another test; `__in` expects values separated by commas, or a JSON array. A column of exactly that name has precedence over a suffix.';

interface QueryInput {
  readonly name: string;
  readonly _version?: number | undefined;
  readonly _after?: string | undefined;
  readonly _before?: string | undefined;
}

interface DatasetQuery<I> {
  readonly dataset: Dataset;
  readonly version: DatasetVersion;
  readonly input: I;
  /** The parameters that name columns. */
  readonly tests: readonly TextTest[];
}

/**
 * Reads a request whose query names columns. `query` has the route's own parameters, which `input` has the values of.
 * Throws NOT_FOUND for an unknown dataset or version, BAD_REQUEST for malformed parameters.
 */
export const readQuery = <I extends QueryInput>(
  { datasets }: Pick<Services, 'datasets'>,
  { pairs }: Pick<RouteContext, 'pairs'>,
  query: Shape,
  parsed: I,
): DatasetQuery<I> => {
  const dataset = datasets.getByName(parsed.name);
  const { input, tests } = withoutUnderscore(datasets.current(dataset), testsOf(pairs, query), query, parsed);
  const cursor = input._after ?? input._before;
  const version =
    input._version === undefined
      ? datasets.versionOf(dataset, cursor === undefined ? undefined : versionIdOfCursor(cursor))
      : datasets.versionByNumber(dataset, input._version);
  return { dataset, version, input, tests };
};

/**
 * What a page or a figure of a dataset rests on: the version that a request reads, whose content never changes, and the address
 * that links to other pages begin with. Throws what `readQuery` throws.
 */
export const basisOf =
  (query: Shape) =>
  (services: Pick<Services, 'datasets'>, { input, context }: BasisRequest): Basis => {
    const { dataset, version } = readQuery(services, context, query, input as QueryInput);
    return basisOfVersion(dataset, version, context);
  };

/** The file tells apart versions with equal ids, of two data folders at one address or of a backup that was put back. */
export const basisOfVersion = (
  dataset: Dataset,
  { id, createdAtUs, number, file, fileSha256 }: DatasetVersion,
  { origin }: Pick<RouteContext, 'origin'>,
): Basis => ({ state: { sequence: id, atUs: createdAtUs }, parts: [dataset.id, number, file, fileSha256, origin] });

/** The parameters that name columns: those that are not the route's own. Throws BAD_REQUEST for a repeated one. */
const testsOf = (pairs: readonly RawInput[], query: Shape): TextTest[] => {
  const tests: TextTest[] = [];
  const seen = new Set<string>();
  for (const { name, text, problem } of pairs) {
    if (Object.hasOwn(query, name)) continue;
    if (problem) throw badParameter(name, problem.message);
    if (seen.has(name)) throw badParameter(name, `${preview(name)} must occur only once`);
    seen.add(name);
    tests.push([name, text]);
  }
  return tests;
};

/** Parameters that may be written without their underscore where no column has the name. */
const shortNames = ['version', 'format', 'safe'];

const withoutUnderscore = <I extends object>(
  version: DatasetVersion,
  tests: readonly TextTest[],
  query: Shape,
  input: I,
): { readonly input: I; readonly tests: readonly TextTest[] } => {
  const added: Record<string, unknown> = {};
  const others = tests.filter(([name, text]) => {
    const full = `_${name}`;
    const schema = shortNames.includes(name) ? query[full] : undefined;
    if (!schema || version.columns.some((column) => column.name === name)) return true;
    if ((input as Record<string, unknown>)[full] !== undefined)
      throw badParameter(name, `${name} and ${full} mean the same; send one of them`);
    const { data, error } = schema.safeParse(text);
    if (error) throw badParameter(name, error.issues.map(({ message }) => message).join('; '));
    added[full] = data;
    return false;
  });
  return { input: { ...input, ...added }, tests: others };
};

/** What rows must pass: the parameters that name columns, and `_where`. Throws BAD_REQUEST that names the parameter. */
export const whereOf = (version: DatasetVersion, tests: readonly TextTest[], where: string | undefined): RowFilter => {
  const filter = filterOf(version, tests);
  return where === undefined ? filter : { and: [filter, rowFilterOf(where, '_where')] };
};

/** Cursors are opaque to clients. */
export const encodeCursor = (cursor: string): string => Buffer.from(cursor).toString('base64url');
export const decodeCursor = (text: string): string => Buffer.from(text, 'base64url').toString();

const versionIdOfCursor = (text: string): number => {
  const [, id] = /^(\d{1,15})\./.exec(decodeCursor(text)) ?? [];
  if (id === undefined)
    throw badParameter('_after', '_after and _before must be the cursors of the `next` and `previous` of a page');
  return Number(id);
};

const pageSizeDefault = 50;

/** The number of elements of a page. Throws BAD_REQUEST beyond the setting pageSizeMax. */
export const pageSizeOf = (first: number | undefined, { config }: Pick<Services, 'config'>): number => {
  const limit = first ?? Math.min(pageSizeDefault, config.pageSizeMax);
  if (limit <= config.pageSizeMax) return limit;
  throw badParameter('_first', `_first must be from 1 to ${config.pageSizeMax} (setting pageSizeMax)`);
};

/** The URL of another page of the same list. */
export const pageUrl = (
  { origin, pairs }: Pick<RouteContext, 'origin' | 'pairs'>,
  path: string,
  cursor: Readonly<Record<string, string>>,
): string => {
  const kept = pairs.flatMap(({ name, text }): [string, string][] =>
    text === undefined || name === '_after' || name === '_before' ? [] : [[name, text]],
  );
  const query = [...kept, ...Object.entries(cursor)].map(
    ([name, text]) => `${encodeURIComponent(name)}=${encodeURIComponent(text)}`,
  );
  return `${origin}${path}?${query.join('&')}`;
};
