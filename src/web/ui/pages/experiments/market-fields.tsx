import { ActionIcon, Button, Fieldset, Group, Stack, Text, TextInput } from '@mantine/core';
import { PlusIcon, TrashIcon } from '@primer/octicons-react';
import { AllocationFields } from './allocation-fields.tsx';
import type { DraftMarket, DraftShare, FieldFaults } from './plan-draft.ts';

interface MarketFieldsProps {
  readonly markets: readonly DraftMarket[];
  /** What a new market starts with. */
  readonly shares: readonly DraftShare[];
  readonly faults: FieldFaults;
  onMarkets(markets: readonly DraftMarket[]): void;
}

/** The countries whose shares differ. */
export function MarketFields({ markets, shares, faults, onMarkets }: MarketFieldsProps) {
  const change = (index: number, part: Partial<DraftMarket>) =>
    onMarkets(markets.map((market, at) => (at === index ? { ...market, ...part } : market)));
  return (
    <Stack gap="xs">
      {markets.map((market, index) => {
        const path = `allocationByMarket.${index}`;
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place, its text is being typed
          <Fieldset key={index} legend={market.country === '' ? 'Another country' : market.country} p="xs">
            <Group gap="xs" wrap="nowrap" mb="xs" align="flex-start">
              <TextInput
                size="xs"
                flex={1}
                aria-label={`Country ${index + 1} with its own shares`}
                placeholder="DE"
                value={market.country}
                error={faults[`${path}.country`]}
                onChange={(event) => change(index, { country: event.currentTarget.value })}
              />
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={`Remove the shares of ${market.country || `country ${index + 1}`}`}
                onClick={() => onMarkets(markets.filter((_, at) => at !== index))}
              >
                <TrashIcon size={16} aria-hidden />
              </ActionIcon>
            </Group>
            <AllocationFields
              legend={market.country === '' ? `country ${index + 1}` : market.country}
              path={`${path}.allocation`}
              shares={market.shares}
              faults={faults}
              onShares={(own) => change(index, { shares: own })}
            />
          </Fieldset>
        );
      })}
      {faults.allocationByMarket !== undefined && (
        <Text size="xs" c="var(--mantine-color-error)" role="alert">
          {faults.allocationByMarket}
        </Text>
      )}
      <Button
        variant="subtle"
        size="compact-xs"
        leftSection={<PlusIcon size={14} aria-hidden />}
        style={{ alignSelf: 'flex-start' }}
        onClick={() => onMarkets([...markets, { country: '', shares }])}
      >
        Country with its own shares
      </Button>
    </Stack>
  );
}
