import { ActionIcon, Group, Paper, Text, UnstyledButton } from '@mantine/core';
import { XIcon } from '@primer/octicons-react';
import type { ReactNode } from 'react';

export interface FilterChip {
  readonly id: string;
  /** What is filtered: `country`. */
  readonly label: string;
  /** By what: `DE, FR`. */
  readonly value: string;
  onRemove(): void;
  onEdit?(): void;
}

interface FilterChipsProps {
  readonly filters: readonly FilterChip[];
  /** The control that adds a filter. */
  readonly add?: ReactNode;
}

const Words = ({ label, value }: Pick<FilterChip, 'label' | 'value'>) => (
  <Text span size="sm" truncate maw="16rem" title={`${label}: ${value}`} style={{ display: 'inline-block' }}>
    {label}: <b>{value}</b>
  </Text>
);

function Chip({ label, value, onRemove, onEdit }: FilterChip) {
  return (
    <Paper withBorder radius="xl" pl="sm" pr={4} py={1}>
      <Group gap={4} wrap="nowrap">
        {onEdit ? (
          <UnstyledButton onClick={onEdit} aria-label={`Change the filter ${label}: ${value}`} display="inline-flex">
            <Words label={label} value={value} />
          </UnstyledButton>
        ) : (
          <Words label={label} value={value} />
        )}
        <ActionIcon
          variant="subtle"
          color="gray"
          size="sm"
          radius="xl"
          aria-label={`Remove the filter ${label}: ${value}`}
          onClick={onRemove}
        >
          <XIcon size={14} aria-hidden />
        </ActionIcon>
      </Group>
    </Paper>
  );
}

/** The filters that hold, each to change or remove. */
export const FilterChips = ({ filters, add }: FilterChipsProps) => (
  <Group gap="xs" role="group" aria-label="Filters">
    {filters.map((filter) => (
      <Chip key={filter.id} {...filter} />
    ))}
    {add}
  </Group>
);
