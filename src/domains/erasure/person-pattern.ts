const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/**
 * Finds texts that name a person: the id as a word of its own, also as JSON, CSV and URLs write it. A word ends where a
 * letter, digit, `_` or `-` neither precedes nor follows, and a number does not end at its decimal point.
 */
export const namingOf = (userId: string): ((text: string | null) => boolean) => {
  const spellings = [
    userId,
    JSON.stringify(userId).slice(1, -1),
    userId.replaceAll('"', '""'),
    encodeURIComponent(userId.toWellFormed()),
  ];
  const words = [...new Set(spellings)].map((text) => text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&'));
  const pattern = new RegExp(
    `(?<![\\p{L}\\p{N}_-])(?<!\\p{N}\\.)(?:${words.join('|')})(?![\\p{L}\\p{N}_-])(?!\\.\\p{N})`,
    // A UUID is the same in capital letters.
    uuid.test(userId) ? 'iu' : 'u',
  );
  return (text) => text !== null && pattern.test(text);
};
