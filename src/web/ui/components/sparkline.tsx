import { useId } from 'react';

export interface SparkPoint {
  /** The number of the period: consecutive periods have consecutive ones. */
  readonly slot: number;
  readonly value: number;
}

export interface SparkBar {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

interface SparkSize {
  readonly width: number;
  readonly height: number;
}

/** Of fewer periods than this the bars stand at the right: the latest are where the eye looks for them. */
const slotsMin = 12;

/** The bars of points in the order of time; periods without a point leave a gap. Zero is at the bottom, or where it lies. */
const sparkBars = (points: readonly SparkPoint[], { width, height }: SparkSize): readonly SparkBar[] => {
  const [first = 0, last = 0] = [points[0]?.slot, points.at(-1)?.slot];
  const slots = Math.max(slotsMin, last - first + 1);
  const slotWidth = width / slots;
  const top = Math.max(0, ...points.map(({ value }) => value));
  const bottom = Math.min(0, ...points.map(({ value }) => value));
  const scale = top === bottom ? 0 : height / (top - bottom);
  return points.map(({ slot, value }) => ({
    x: (slots - 1 - (last - slot)) * slotWidth,
    y: (top - Math.max(0, value)) * scale,
    width: slotWidth * 0.8,
    height: Math.abs(value) * scale,
  }));
};

interface SparklineProps {
  readonly points: readonly SparkPoint[];
  /** The trend in words, for screen readers. */
  readonly label: string;
}

const size: SparkSize = { width: 200, height: 40 };

/** The trend behind a figure, without axes: a table beside it has the values. The last period is emphasised. */
export function Sparkline({ points, label }: SparklineProps) {
  const id = useId();
  const bars = sparkBars(points, size);
  return (
    <svg
      viewBox={`0 0 ${size.width} ${size.height}`}
      width="100%"
      height={size.height}
      preserveAspectRatio="none"
      role="img"
      aria-labelledby={id}
    >
      <title id={id}>{label}</title>
      {bars.map((bar, index) => (
        <rect
          key={points[index]?.slot}
          {...bar}
          fill={index === bars.length - 1 ? 'var(--mantine-primary-color-filled)' : 'var(--asof-heat-hue)'}
          opacity={index === bars.length - 1 ? 1 : 0.55}
        />
      ))}
    </svg>
  );
}
