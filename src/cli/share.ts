import { InvalidArgumentError } from 'commander';

/** Reads the share of an option, above 0 and up to 1. */
export const readShare = (text: string): number => {
  const share = Number(text);
  if (share > 0 && share <= 1) return share;
  throw new InvalidArgumentError('must be a number above 0 and up to 1.');
};
