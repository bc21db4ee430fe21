import { formatFigure, missing } from '../../format/numbers.ts';

const units = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
] as const;

const parts = /^(-)?P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?)?$/;

/** `PT90S` as `1.5 min`: a figure of three digits in the largest unit that fits. Other text comes back as it is. */
export const durationText = (iso: string | null): string => {
  if (iso === null) return missing;
  const match = parts.exec(iso);
  if (!match) return iso;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(2).map((text) => Number(text ?? 0));
  const total = days * 86_400 + hours * 3600 + minutes * 60 + seconds;
  if (total < 1) return `${match[1] === undefined ? '' : '\u2212'}${formatFigure(Math.round(total * 1000))} ms`;
  const [unit, size] = units.find(([, unitSeconds]) => total >= unitSeconds) ?? ['s', 1];
  return `${match[1] === undefined ? '' : '\u2212'}${formatFigure(Number((total / size).toPrecision(3)))} ${unit}`;
};
