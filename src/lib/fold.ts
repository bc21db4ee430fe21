/** The two signs that lower-casing would turn into ASCII letters, so that a search for `k` would find a kelvin sign: they stay as they are. */
const unfoldedSigns = /[\u0130\u212a]/;

const lower = (text: string): string => {
  const folded = text.toLowerCase();
  // A sigma at the end of a word has a form of its own.
  return folded.includes('ς') ? folded.replaceAll('ς', 'σ') : folded;
};

/** Text as searches compare it: in lower case in any script, `É` as `é`; signs are never left out or made several. */
export const fold = (text: string): string =>
  unfoldedSigns.test(text) ? text.replace(/[^\u0130\u212a]+/g, lower) : lower(text);
