import { InvalidArgumentError, Option } from 'commander';
import { type Status, statusCodes } from '../../../domains/user-status/status.ts';
import type { ReadOptions } from '../../../ledger/record.ts';

/** `--map-status completed=cancelled`, for commands that read status changes. */
export const statusWordOption = (): Option =>
  new Option('--map-status <word=status>', 'another word for a status, may be repeated').argParser(readStatusWord);

const readStatusWord = (text: string, words: ReadOptions['synonyms'] = {}): ReadOptions['synonyms'] => {
  const [word = '', status = '', ...more] = text.split('=');
  if (word === '' || more.length > 0 || !statusCodes.includes(status as Status))
    throw new InvalidArgumentError(`It must be like completed=cancelled, with one of ${statusCodes.join(', ')}.`);
  return { ...words, [word]: status };
};
