import { kinds } from './kinds.ts';

/** Texts that programs write for a missing value and that people do not write for anything else. */
const strongMarkers = new Set([
  ...['NULL', 'null', '\\N', '(null)', '(NULL)', '<null>', '<NULL>', '#NULL!'],
  ...['N/A', 'n/a', 'N/a', '#N/A', '#n/a', '#NA', '<NA>', '#N/A N/A', 'n.a.', 'N.A.', 'NaN', '-NaN', '-nan'],
]);

/** Texts that stand for a missing value among numbers and dates, but may be words of a text column: Namibia is `NA`. */
const weakMarkers = new Set([
  ...['na', 'null', 'none', 'nil', 'nan', '-', '--', '---', '\u2013', '\u2014', '?', '??', '.', '..', 'n.a', '#n/a'],
]);

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** All usual markers in their usual spellings, for a column in which nothing else is written. */
export const markerTexts: readonly string[] = [
  ...new Set([...strongMarkers, ...[...weakMarkers].flatMap((text) => [text, text.toUpperCase(), capitalized(text)])]),
];

const markerLengthMax = 8;

/** Whether a text may begin a marker, by its first character: most cells are sorted out by this. */
const canBegin = new Uint8Array(128);
for (const marker of [...strongMarkers, ...weakMarkers]) {
  const first = marker.charCodeAt(0);
  if (first >= 128) continue;
  canBegin[first] = 1;
  canBegin[marker.toUpperCase().charCodeAt(0)] = 1;
}

/** Whether a text of ASCII may be a usual marker, by its first character and its length. */
export const mayBeMarker = (first: number, length: number): boolean =>
  length <= markerLengthMax && canBegin[first] !== 0;

/** The kind of a usual marker, or -1 for other text. The text has no blanks around it. */
export const usualMarkerKind = (text: string): number => {
  if (text.length > markerLengthMax) return -1;
  const first = text.charCodeAt(0);
  if (first < 128 ? canBegin[first] === 0 : first !== 0x2013 && first !== 0x2014) return -1;
  if (strongMarkers.has(text)) return kinds.strongMarker;
  return weakMarkers.has(text.toLowerCase()) ? kinds.weakMarker : -1;
};

const isVisible = (code: number): boolean => code > 32 && code < 127;

/** Whether a text is no usual marker by its length and its first and last characters, which is so of most. */
const cannotBeMarker = (text: string): boolean => {
  const first = text.charCodeAt(0);
  // Between visible characters of ASCII there is nothing to trim.
  if (!isVisible(first) || !isVisible(text.charCodeAt(text.length - 1))) return false;
  return text.length > markerLengthMax || canBegin[first] === 0;
};

/** Among numbers they stand for a missing value, but as an id such as `..` they are as good as any. */
const dots = /^[.?]+$/;

/**
 * Whether a cell of a record's field, which is no free text, is missing: empty or one of the markers, which are the usual
 * ones unless stated. `isWord` says that the text is also a value of the field, such as the code `NA` of Namibia.
 */
export const isMissingField = (text: string, nullMarkers: readonly string[] | undefined, isWord = false): boolean => {
  if (nullMarkers === undefined && cannotBeMarker(text)) return false;
  const trimmed = text.trim();
  if (trimmed === '') return true;
  if (nullMarkers !== undefined) return nullMarkers.includes(trimmed);
  const kind = usualMarkerKind(trimmed);
  if (kind === kinds.strongMarker) return true;
  return kind === kinds.weakMarker && !dots.test(trimmed) && !isWord;
};
