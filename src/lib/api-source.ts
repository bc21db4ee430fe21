const prefix = 'api:';

/** What the source of records sent through the API is called, by the name of the key they were sent with. */
export const apiSource = (sentBy: string | null): string => (sentBy === null ? 'api' : prefix + sentBy);

/** The name of the key in such a source; null when there was none. */
export const senderOf = (source: string): string | null =>
  source.startsWith(prefix) ? source.slice(prefix.length) : null;
