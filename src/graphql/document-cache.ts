import { LRUCache } from 'lru-cache';

/**
 * A cache of parsed documents, limited by the characters of all their texts together: a number of documents would be no
 * limit, because each may be long. A parsed document takes up to 300 bytes a character.
 */
export const createDocumentCache = <T extends NonNullable<unknown>>(lengthMax: number): LRUCache<string, T> =>
  new LRUCache({ maxSize: lengthMax, sizeCalculation: (_parsed, text) => Math.max(1, text.length) });
