import { stringifyExact } from '../../lib/exact-json.ts';
import { type ElementReader, readElements } from '../../sources/json-elements.ts';
import { jsonRecord } from '../../sources/json-lines.ts';
import type { CustomFormat } from '../../sources/source.ts';

/** `{"name": [` or `{}` begins a mapping of cities, any other object is a line. */
const mappingStart = /^\{\s*(?:\}|"(?:[^"\\]|\\.)*"\s*:\s*\[)/;

const rangeFields = ['start', 'end', 'cidr'];

/** One range of a city as a record with the city in it; the record's text is the JSON of exactly this value. */
const rangeRecord: ElementReader = (line, text, city) => {
  const record = jsonRecord(line, text);
  const { value: range } = record;
  if (range === undefined) return record;
  const fields = rangeFields.filter((name) => Object.hasOwn(range, name)).map((name) => [name, range[name]]);
  const value = { city, ...(Object.fromEntries(fields) as Record<string, unknown>) };
  return { line, raw: stringifyExact(value), value };
};

/** `{"london": [{"start", "end"}, …], …}`: one record per range. */
export const cityLists: CustomFormat = {
  isBinary: false,
  matches: ({ start }) => mappingStart.test(start),
  read: (file, recordBytesMax) => readElements(file, recordBytesMax, 'LISTS_BY_KEY', rangeRecord),
};
