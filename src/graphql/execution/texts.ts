/** Completed values as JSON, null for a null, and lists that had to be awaited in parts. */
export type Text = string | null | readonly Text[];

/**
 * Characters of a piece of an answer. To join, encode and send several megabytes in one go would hold up other requests for
 * tens of milliseconds.
 */
const pieceLength = 64_000;

/** The parts as one text; null when they are longer than a piece. */
const joinedUpToPiece = (texts: readonly Text[]): string | null => {
  let all = '';
  for (const text of texts) {
    const part = text === null ? 'null' : typeof text === 'string' ? text : joinedUpToPiece(text);
    if (part === null) return null;
    all += part;
    if (all.length > pieceLength) return null;
  }
  return all;
};

/** Texts up to this length stay in parts until the whole answer is sent, which then should have few of them. */
const partsLengthMax = 500;

/** V8 joins the parts of a text when one of its characters is read. */
export const inOnePiece = (text: string): string => {
  if (text.length > partsLengthMax) text.charCodeAt(0);
  return text;
};

/** Joins parts that are short together; others are joined when they are sent. */
export const joinedParts = (texts: readonly Text[]): Text => {
  const text = joinedUpToPiece(texts);
  return text === null ? texts : inOnePiece(text);
};

/** The end of a piece of a text that begins at `from`; a character of two code units is not divided. */
const endOfPiece = (text: string, from: number): number => {
  const end = from + pieceLength;
  const isHalf = (text.charCodeAt(end - 1) & 0xfc00) === 0xd800;
  return isHalf ? end + 1 : end;
};

/** A text in pieces that joined are the text: all but the last have the length of one or two pieces. */
export const piecesOf = (text: Text): readonly string[] => {
  const pieces: string[] = [];
  let piece = '';
  const add = (part: Text): void => {
    if (typeof part === 'object' && part !== null) {
      for (const each of part) add(each);
      return;
    }
    piece += part;
    while (piece.length > 2 * pieceLength) {
      const end = endOfPiece(piece, 0);
      pieces.push(piece.slice(0, end));
      piece = piece.slice(end);
    }
    if (piece.length < pieceLength) return;
    pieces.push(piece);
    piece = '';
  };
  add(text);
  if (piece !== '' || pieces.length === 0) pieces.push(piece);
  return pieces;
};
