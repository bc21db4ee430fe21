/** A text of the list with the line that it stands in, from 1. */
export interface PastedAddress {
  readonly line: number;
  readonly text: string;
}

/** A link with more characters than this is cut by some programs that people send links with. */
const linkCharactersMax = 1500;

/** Whether a pasted list is short enough to stand in a link. */
export const fitsLink = (pasted: string): boolean => encodeURIComponent(pasted).length <= linkCharactersMax;

/** The texts of a pasted list: one a line, or several with commas, semicolons or space between them. Quotes are left out. */
export const pastedAddresses = (pasted: string): readonly PastedAddress[] =>
  pasted.split(/\r\n|\r|\n/).flatMap((line, index) =>
    line
      .split(/[\s,;]+/)
      .map((text) => text.replace(/^["']|["']$/g, ''))
      .filter((text) => text !== '')
      .map((text) => ({ line: index + 1, text })),
  );
