const prefix = 'api:';

/** The source of records sent through the API with the key of this name. */
export const apiSource = (sentBy: string | null): string => (sentBy === null ? 'api' : prefix + sentBy);

/** The name of the key in such a source; null when no key was used. */
export const senderOf = (source: string): string | null =>
  source.startsWith(prefix) ? source.slice(prefix.length) : null;
