/** The origin of an event, as it is stored. */
export interface EventOrigin {
  readonly importId: number | null;
  readonly requestId: number | null;
  readonly recordedAtUs: number;
}

/** When an import ended, microseconds; null while it runs. */
export type ImportEnds = (importId: number) => number | null;

/** The key of no batch: the event arrived with its transaction. */
export const noBatch = 0;

/**
 * The batch in which an event arrived: twice the number of an import, or twice that of a request with many events and one. A
 * corrected reject is stored after the end of its import, and arrives then, in no batch.
 */
export const createBatchKeys = (importEnds: ImportEnds): ((origin: EventOrigin) => number) => {
  let last: (EventOrigin & { readonly key: number }) | undefined;
  const keyOf = ({ importId, requestId, recordedAtUs }: EventOrigin): number => {
    if (requestId !== null) return 2 * requestId + 1;
    if (importId === null) return noBatch;
    const endedAtUs = importEnds(importId);
    return endedAtUs !== null && recordedAtUs > endedAtUs ? noBatch : 2 * importId;
  };
  return ({ importId, requestId, recordedAtUs }) => {
    if (importId === null && requestId === null) return noBatch;
    const isSame = importId === last?.importId && requestId === last.requestId && recordedAtUs === last.recordedAtUs;
    // The end of an import is a statement: once for each transaction.
    if (!last || !isSame) {
      const origin = { importId, requestId, recordedAtUs };
      last = { ...origin, key: keyOf(origin) };
    }
    return last.key;
  };
};

/** The number of the import or of the request of a batch. */
export const sourceOfBatch = (key: number): { readonly importId: number } | { readonly requestId: number } =>
  key % 2 === 1 ? { requestId: Math.floor(key / 2) } : { importId: key / 2 };
