import { unknownLabel } from '../format/labels.ts';

/**
 * The colours for categories of Okabe and Ito (https://jfly.uni-koeln.de/color/), which people with any colour vision tell
 * apart. Their black is the colour of the text. Yellow is the last: it is faint on white.
 */
export const categoryColors = [
  '#0072b2',
  '#e69f00',
  '#009e73',
  '#cc79a7',
  '#56b4e9',
  '#d55e00',
  'currentColor',
  '#f0e442',
] as const;

/** More series than this are too many to tell apart: see `otherOf`. */
export const seriesMax = categoryColors.length;

/** For BROKEN only. Always beside an icon and the word. */
export const brokenColor = 'light-dark(#c92a2a, #ff8787)';

/** Of series of what is not known, and of `other`. */
export const otherColor = '#8c8c8c';

export const otherLabel = 'other';

/** The fill of a cell or bar by its share of the largest value, 0 to 1: one hue, none for zero. */
export const heatColor = (share: number | null): string | undefined => {
  if (share === null || !(share > 0)) return undefined;
  // Up to 55 %: text on the cell keeps its contrast, light and dark.
  const percent = Math.round(Math.min(1, share) * 55);
  return `color-mix(in srgb, var(--asof-heat-hue) ${percent}%, transparent)`;
};

export interface WeighedSeries {
  readonly label: string;
  /** How much it matters: the largest are drawn on their own. */
  readonly weight: number;
}

export interface ShownSeries {
  /** In the order to draw: the heaviest first, then `other`, then `unknown`. At most as many as allowed. */
  readonly labels: readonly string[];
  /** As many as `labels`. */
  readonly colors: readonly string[];
  /** Under which label a series is drawn: its own or `other`, whose values the caller adds up. */
  labelOf(label: string): string;
}

/** Which series are drawn on their own when there may be at most `max`. `unknown` always is. */
export const otherOf = (series: readonly WeighedSeries[], max: number = seriesMax): ShownSeries => {
  const known = series.filter(({ label }) => label !== unknownLabel).sort((one, two) => two.weight - one.weight);
  const unknown = known.length < series.length ? [unknownLabel] : [];
  const room = max - unknown.length;
  const own = (known.length <= room ? known : known.slice(0, Math.max(0, room - 1))).map(({ label }) => label);
  const other = own.length < known.length ? [otherLabel] : [];
  const drawn = new Set(own);
  const ownColors = own.map((_, index) => categoryColors[index % categoryColors.length] ?? otherColor);
  return {
    labels: [...own, ...other, ...unknown],
    colors: [...ownColors, ...other.map(() => otherColor), ...unknown.map(() => otherColor)],
    labelOf: (label) => (label === unknownLabel || drawn.has(label) ? label : otherLabel),
  };
};
