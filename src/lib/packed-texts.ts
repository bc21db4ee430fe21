/**
 * Texts, or null, as threads exchange them: codes of few different ones, texts behind each other in one string, or, where
 * some of many are null, as they are. A message takes several times as long for each text of a list.
 */
export type PackedTexts =
  | { readonly kind: 'CODES'; readonly values: readonly (string | null)[]; readonly codes: Uint8Array }
  | { readonly kind: 'JOINED'; readonly text: string; readonly ends: Uint32Array }
  | { readonly kind: 'LIST'; readonly values: readonly (string | null)[] };

/** So many different texts have codes of one byte. */
const codesMax = 32;

export const packTexts = (texts: readonly (string | null)[]): PackedTexts => {
  const coded = withCodes(texts);
  if (coded) return coded;
  const ends = new Uint32Array(texts.length);
  let end = 0;
  for (let index = 0; index < texts.length; index++) {
    const text = texts[index] as string | null;
    if (text === null) return { kind: 'LIST', values: texts };
    end += text.length;
    ends[index] = end;
  }
  return { kind: 'JOINED', text: texts.join(''), ends };
};

const withCodes = (texts: readonly (string | null)[]): PackedTexts | null => {
  const known = new Map<string | null, number>();
  const codes = new Uint8Array(texts.length);
  for (let index = 0; index < texts.length; index++) {
    const text = texts[index] as string | null;
    let code = known.get(text);
    if (code === undefined) {
      if (known.size === codesMax) return null;
      code = known.size;
      known.set(text, code);
    }
    codes[index] = code;
  }
  return { kind: 'CODES', values: [...known.keys()], codes };
};

/** Long ones are slices, which keep the text of all of them in memory. */
export const unpackTexts = (packed: PackedTexts): readonly (string | null)[] => {
  if (packed.kind === 'LIST') return packed.values;
  const texts: (string | null)[] = [];
  if (packed.kind === 'CODES') {
    const { values, codes } = packed;
    for (let index = 0; index < codes.length; index++) texts.push(values[codes[index] as number] as string | null);
    return texts;
  }
  const { text, ends } = packed;
  let start = 0;
  for (let index = 0; index < ends.length; index++) {
    const end = ends[index] as number;
    texts.push(text.slice(start, end));
    start = end;
  }
  return texts;
};
