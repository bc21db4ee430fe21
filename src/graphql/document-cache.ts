/** What Yoga asks of a cache of parsed documents. */
interface DocumentCache<T> {
  get(text: string): T | undefined;
  set(text: string, parsed: T): void;
}

/**
 * Keeps what was parsed until all texts together are longer than `lengthMax` characters, the least recently used going
 * first. Yoga's own cache counts documents, however long they are. A parsed document takes up to 300 bytes a character.
 */
export const createDocumentCache = <T>(lengthMax: number): DocumentCache<T> => {
  const kept = new Map<string, T>();
  let length = 0;
  const forget = (text: string): void => {
    if (kept.delete(text)) length -= text.length;
  };
  const keep = (text: string, parsed: T): void => {
    kept.set(text, parsed);
    length += text.length;
  };
  return {
    get(text) {
      const parsed = kept.get(text);
      if (parsed === undefined) return undefined;
      forget(text);
      keep(text, parsed);
      return parsed;
    },
    set(text, parsed) {
      forget(text);
      keep(text, parsed);
      for (const oldest of kept.keys()) {
        if (length <= lengthMax) break;
        forget(oldest);
      }
    },
  };
};
