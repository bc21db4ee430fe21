import { ActionIcon, Button, Group, Radio, Stack, Text, TextInput } from '@mantine/core';
import { PlusIcon, TrashIcon } from '@primer/octicons-react';
import { formatShare } from '../../format/numbers.ts';
import { type DraftShare, type FieldFaults, shareOf } from './plan-draft.ts';

interface AllocationFieldsProps {
  readonly legend: string;
  /** Of the field, as the server names it: `allocation`. */
  readonly path: string;
  readonly shares: readonly DraftShare[];
  readonly faults: FieldFaults;
  onShares(shares: readonly DraftShare[]): void;
  /** Where the control is chosen. */
  readonly control?: { readonly variant: string; onChange(variant: string): void };
}

interface ShareRowProps extends AllocationFieldsProps {
  readonly index: number;
}

function ShareRow({ legend, path, shares, faults, onShares, control, index }: ShareRowProps) {
  const share = shares[index] ?? { variant: '', weight: '' };
  const change = (part: Partial<DraftShare>) => {
    if (part.variant !== undefined && control?.variant === share.variant) control.onChange(part.variant);
    onShares(shares.map((each, at) => (at === index ? { ...each, ...part } : each)));
  };
  const position = `${index + 1} of ${legend}`;
  return (
    <Group gap="xs" wrap="nowrap" align="flex-start">
      <TextInput
        size="xs"
        flex={1}
        aria-label={`Variant ${position}`}
        value={share.variant}
        error={faults[`${path}.${index}.variant`]}
        onChange={(event) => change({ variant: event.currentTarget.value })}
      />
      <TextInput
        size="xs"
        w={72}
        inputMode="decimal"
        aria-label={`Weight ${position}`}
        value={share.weight}
        error={faults[`${path}.${index}.weight`]}
        onChange={(event) => change({ weight: event.currentTarget.value })}
      />
      <Text size="xs" w={52} pt={6} className="asof-figure">
        {formatShare(shareOf(shares, index))}
      </Text>
      {control && (
        <Radio
          size="xs"
          pt={6}
          label="control"
          aria-label={`Variant ${position} is the control`}
          checked={control.variant === share.variant && share.variant !== ''}
          onChange={() => control.onChange(share.variant)}
        />
      )}
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={`Remove variant ${position}`}
        onClick={() => onShares(shares.filter((_, at) => at !== index))}
      >
        <TrashIcon size={16} aria-hidden />
      </ActionIcon>
    </Group>
  );
}

/** Variants with their weights; the share is the weight divided by the sum of all. */
export function AllocationFields(props: AllocationFieldsProps) {
  const { legend, path, shares, faults, onShares } = props;
  return (
    <Stack gap={6} role="group" aria-label={legend}>
      {shares.map((_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place, its text is being typed
        <ShareRow key={index} {...props} index={index} />
      ))}
      {faults[path] !== undefined && (
        <Text size="xs" c="var(--mantine-color-error)" role="alert">
          {faults[path]}
        </Text>
      )}
      <Button
        variant="subtle"
        size="compact-xs"
        leftSection={<PlusIcon size={14} aria-hidden />}
        style={{ alignSelf: 'flex-start' }}
        aria-label={`Add a variant to ${legend}`}
        onClick={() => onShares([...shares, { variant: '', weight: '50' }])}
      >
        Variant
      </Button>
    </Stack>
  );
}
