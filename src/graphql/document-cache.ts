import { LRUCache } from 'lru-cache';

/**
 * A cache of parsed documents for Yoga, limited by the characters of all their texts together. Yoga's own cache counts
 * documents, however long they are. A parsed document takes up to 300 bytes a character.
 */
export const createDocumentCache = <T extends NonNullable<unknown>>(lengthMax: number): LRUCache<string, T> =>
  new LRUCache({ maxSize: lengthMax, sizeCalculation: (_parsed, text) => Math.max(1, text.length) });
