import { Group, NativeSelect, Switch, TagsInput } from '@mantine/core';
import type { OutcomeMetric } from '../../generated/graphql.ts';
import { useEventTypes } from './event-values.ts';
import { type DifferenceKind, metricWords } from './outcome-data.ts';
import { useChangeSearch, useExperimentSearch } from './scope.ts';

const caps = [
  { value: '', label: 'no cap' },
  { value: '0.999', label: 'capped at the top 0.1 %' },
  { value: '0.99', label: 'capped at the top 1 %' },
  { value: '0.95', label: 'capped at the top 5 %' },
];

/** A cap of the address that is none of the menu's. */
const withOwn = (cap: number | undefined) => {
  const value = cap === undefined ? '' : String(cap);
  return caps.some((each) => each.value === value) ? caps : [...caps, { value, label: `capped at quantile ${value}` }];
};

/** What is measured, and how it is compared. */
export function OutcomeMenus() {
  const { metric = 'ORDER_VALUE_PER_USER', cap, orders = [], difference, eachMarket, market } = useExperimentSearch();
  const change = useChangeSearch();
  const eventTypes = useEventTypes();
  return (
    <Group gap="xs" align="flex-end">
      <NativeSelect
        size="xs"
        label="Metric"
        value={metric}
        data={Object.entries(metricWords).map(([value, label]) => ({ value, label }))}
        onChange={({ currentTarget: { value } }) =>
          change({ metric: value === 'ORDER_VALUE_PER_USER' ? undefined : (value as OutcomeMetric) })
        }
      />
      <NativeSelect
        size="xs"
        label="Cap"
        disabled={metric === 'CONVERSION'}
        value={cap === undefined || metric === 'CONVERSION' ? '' : String(cap)}
        data={withOwn(cap)}
        onChange={({ currentTarget: { value } }) => change({ cap: value === '' ? undefined : Number(value) })}
      />
      <TagsInput
        size="xs"
        label="Orders are"
        placeholder={orders.length === 0 ? 'events with a value above 0' : undefined}
        data={[...eventTypes]}
        value={orders}
        onChange={(values) => change({ orders: values.length === 0 ? undefined : values })}
      />
      <NativeSelect
        size="xs"
        label="Difference"
        value={difference ?? 'absolute'}
        data={['absolute', 'relative']}
        onChange={({ currentTarget: { value } }) =>
          change({ difference: value === 'absolute' ? undefined : (value as DifferenceKind) })
        }
      />
      <Switch
        size="xs"
        label="Each market"
        disabled={market !== undefined}
        checked={eachMarket === true && market === undefined}
        onChange={({ currentTarget: { checked } }) => change({ eachMarket: checked ? true : undefined })}
      />
    </Group>
  );
}
