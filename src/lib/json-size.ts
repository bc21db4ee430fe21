/** Limits of JSON, each inclusive. */
export interface JsonLimits {
  /** Lists and objects inside each other. */
  readonly depthMax: number;
  /** Items of each list, and of each object. */
  readonly itemsMax: number;
  /** Values in all: lists, objects, and what is in them. */
  readonly valuesMax: number;
}

const [quote, backslash, comma] = [34, 92, 44];
const [openList, closeList, openObject, closeObject] = [91, 93, 123, 125];
const [space, tab, newline, carriageReturn] = [32, 9, 10, 13];

/**
 * The first limit that a JSON text exceeds, null for none. It reads the text once without recursion and makes nothing, so that
 * a text which takes a hundred times its size when parsed is refused before. Right for valid JSON; of other text it says
 * anything, and ends.
 */
export const exceededLimitOf = (text: string, limits: JsonLimits): keyof JsonLimits | null => {
  const { depthMax, itemsMax, valuesMax } = limits;
  // Each level has two brackets, and each further value a comma or a bracket.
  if (text.length <= Math.min(2 * depthMax, 2 * itemsMax, valuesMax)) return null;
  /** Commas so far in each list and object around the position. */
  const commas = new Int32Array(depthMax + 1);
  let depth = 0;
  let values = 1;
  // Whether the last character that counts opened a list or object: what follows is its first value, or its end.
  let isFirst = false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === space || code === newline || code === tab || code === carriageReturn) continue;
    if (isFirst && code !== closeList && code !== closeObject && ++values > valuesMax) return 'valuesMax';
    isFirst = false;
    if (code === quote) index = endOfString(text, index);
    else if (code === comma) {
      if (++values > valuesMax) return 'valuesMax';
      const before = commas[depth] as number;
      if (depth > 0 && before + 2 > itemsMax) return 'itemsMax';
      commas[depth] = before + 1;
    } else if (code === openList || code === openObject) {
      if (++depth > depthMax) return 'depthMax';
      commas[depth] = 0;
      isFirst = true;
    } else if ((code === closeList || code === closeObject) && depth > 0) depth--;
  }
  return null;
};

/** The index of the closing quote, or of the end. */
const endOfString = (text: string, start: number): number => {
  for (let index = start + 1; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === backslash) index++;
    else if (code === quote) return index;
  }
  return text.length;
};
