import { Text, UnstyledButton } from '@mantine/core';
import { type FigureValue, formatFigure } from '../format/numbers.ts';

interface FigureProps {
  readonly value: FigureValue;
  /** Behind the figure, such as `ms`. */
  readonly unit?: string;
  /** Opens the rows behind the figure. */
  onOpen?(): void;
  /** What opens, for screen readers: `purchases of paying users in London`. */
  readonly label?: string;
}

/** An exact figure with its separators. With `onOpen` it is a button that opens its rows. */
export function Figure({ value, unit, onOpen, label }: FigureProps) {
  const text = `${formatFigure(value)}${unit === undefined || value === null ? '' : ` ${unit}`}`;
  const content = (
    <Text span inherit className="asof-figure">
      {text}
    </Text>
  );
  if (!onOpen) return content;
  return (
    <UnstyledButton
      onClick={onOpen}
      fz="inherit"
      td="underline dotted"
      aria-label={label === undefined ? text : `${text}: ${label}`}
    >
      {content}
    </UnstyledButton>
  );
}
