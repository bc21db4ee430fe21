import type { ColumnPlan } from '../column.ts';
import { kindCount, kinds } from './kinds.ts';

/** The signs besides `.` and `,` that group digits by three. */
export const groupSigns = " '\u2019\u00a0\u2007\u2009\u202f";

/** Whether a character may group digits. */
export const isGroupSign = (code: number): boolean =>
  code < 128
    ? code === 44 || code === 46 || code === 32 || code === 39
    : code === 0xa0 || code === 0x2019 || code === 0x2007 || code === 0x2009 || code === 0x202f;

/** Kinds that are numbers of a reading, in their groups. */
export const numberGroups = {
  '.': {
    plain: [kinds.integer, kinds.point, kinds.point3],
    thousands: [kinds.comma3, kinds.commas, kinds.commaPoint],
    grouped: [kinds.grouped, kinds.groupedPoint],
    float: [kinds.float],
  },
  ',': {
    plain: [kinds.integer, kinds.comma, kinds.comma3],
    thousands: [kinds.point3, kinds.points, kinds.pointComma],
    grouped: [kinds.grouped, kinds.groupedComma],
    // An exponent without a decimal sign has no decimal point either.
    float: [kinds.floatComma, kinds.float],
  },
} as const;

/** Kinds that are whole numbers in a reading. */
const wholeKinds = (decimal: '.' | ','): readonly number[] =>
  decimal === '.'
    ? [kinds.integer, kinds.comma3, kinds.commas, kinds.grouped]
    : [kinds.integer, kinds.point3, kinds.points, kinds.grouped];

/** For each kind whether it is a number in a column. `acceptsDecimals`: in an INTEGER column too. */
export const numberKinds = (plan: ColumnPlan, acceptsDecimals: boolean): Uint8Array => {
  const { type, isExplicit, reading } = plan;
  const { decimal, thousands } = reading;
  const groups = numberGroups[decimal];
  const other = decimal === '.' ? ',' : '.';
  const accepted: number[] = [
    ...groups.plain,
    ...(thousands.includes(other) ? groups.thousands : []),
    ...(thousands.includes(' ') ? groups.grouped : []),
    ...(type === 'FLOAT' || isExplicit ? [...groups.float, kinds.exponentCode] : []),
    ...(isExplicit ? [kinds.code] : []),
  ];
  const isNumber = new Uint8Array(kindCount);
  const isWhole = type === 'INTEGER' && !isExplicit && !acceptsDecimals;
  for (const kind of accepted) if (!isWhole || wholeKinds(decimal).includes(kind)) isNumber[kind] = 1;
  return isNumber;
};
