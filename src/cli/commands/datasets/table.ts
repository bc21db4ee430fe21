const cellLengthMax = 40;

/** A text on one line without control characters, which a terminal could obey, and of limited length. */
const shorten = (text: string): string => {
  const plain = [...text.replace(/\p{Cc}+/gu, ' ')];
  return plain.length > cellLengthMax ? `${plain.slice(0, cellLengthMax - 1).join('')}…` : plain.join('');
};

const widthOf = (text: string): number => [...text].length;

/** Lines of a table for people: columns aligned, numbers to the right. */
export const tableLines = (headers: readonly string[], rows: readonly (readonly string[])[]): string[] => {
  const cells = [headers, ...rows].map((row) => row.map(shorten));
  const columns = headers.map((_header, index) => {
    const texts = cells.map((row) => row[index] ?? '');
    return {
      width: texts.reduce((widest, text) => Math.max(widest, widthOf(text)), 0),
      isNumeric:
        texts.slice(1).some((text) => text !== '') && texts.slice(1).every((text) => /^(?:-?[\d.]+)?$/.test(text)),
    };
  });
  return cells.map((row) =>
    columns
      .map(({ width, isNumeric }, index) => {
        const text = row[index] ?? '';
        const padding = ' '.repeat(width - widthOf(text));
        return isNumeric ? `${padding}${text}` : `${text}${padding}`;
      })
      .join('  ')
      .trimEnd(),
  );
};
