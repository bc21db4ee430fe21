import '@mantine/dates/styles.css';
import { DatePickerInput } from '@mantine/dates';

interface DayRangeProps {
  readonly label: string;
  /** Days such as `2025-10-07`, both inclusive; null: no limit. */
  readonly first: string | null;
  readonly last: string | null;
  onChange(first: string | null, last: string | null): void;
}

/** Picks a range of calendar days. It reports only whole ranges, and the removal of one. */
export const DayRange = ({ label, first, last, onChange }: DayRangeProps) => (
  <DatePickerInput
    type="range"
    size="xs"
    w={220}
    aria-label={label}
    placeholder={label}
    valueFormat="YYYY-MM-DD"
    allowSingleDateInRange
    clearable
    clearButtonProps={{ 'aria-label': `Remove: ${label}` }}
    key={`${first} ${last}`}
    defaultValue={[first, last]}
    onChange={([from, to]) => {
      if ((from === null) === (to === null)) onChange(from, to);
    }}
  />
);
