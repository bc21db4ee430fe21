import { DomainError, type FieldProblem } from '../../errors.ts';
import { parseLetter } from '../../lib/letter.ts';
import { preview } from '../../lib/problems.ts';
import { parseUuid } from '../../lib/uuid.ts';

/** The UUID in lower case and the letter that two texts are. Throws BAD_REQUEST that names each text that is not. */
export const parseStart = (uuidText: string, symbolText: string): { uuid: string; symbol: string } => {
  const uuid = parseUuid(uuidText);
  const symbol = parseLetter(symbolText);
  if (uuid !== null && symbol !== null) return { uuid, symbol };
  throw badRequest([
    ...(uuid === null ? [uuidProblem(uuidText)] : []),
    ...(symbol === null ? [symbolProblem(symbolText)] : []),
  ]);
};

/** The UUID that text is, in lower case. Throws BAD_REQUEST for anything else. */
export const requireUuid = (text: string): string => {
  const uuid = parseUuid(text);
  if (uuid === null) throw badRequest([uuidProblem(text)]);
  return uuid;
};

/** The letter that text is, in any case. Throws BAD_REQUEST for anything else. */
export const requireSymbol = (text: string): string => {
  const symbol = parseLetter(text);
  if (symbol === null) throw badRequest([symbolProblem(text)]);
  return symbol;
};

const badRequest = (problems: readonly FieldProblem[]): DomainError =>
  new DomainError('BAD_REQUEST', problems.map(({ message }) => message).join('; '), { problems });

const uuidProblem = (text: string): FieldProblem => ({
  path: 'uuid',
  code: 'MALFORMED',
  message: `uuid must be a UUID, not ${preview(text)}`,
});

const symbolProblem = (text: string): FieldProblem => ({
  path: 'symbol',
  code: 'NOT_ALLOWED',
  message: `symbol must be a letter a to z, not ${preview(text)}`,
});
