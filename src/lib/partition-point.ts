/** The first position below `length` for which `isBefore`, true up to some position and false from there on, is false. */
export const partitionPoint = (length: number, isBefore: (position: number) => boolean): number => {
  let [from, to] = [0, length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (isBefore(middle)) from = middle + 1;
    else to = middle;
  }
  return from;
};
