import { ActionIcon, Button, Group, NativeSelect, Stack, Text, TextInput } from '@mantine/core';
import { PlusIcon, TrashIcon } from '@primer/octicons-react';
import { useState } from 'react';
import type { ColumnTest } from '../../../generated/graphql.ts';
import { measureName } from '../model/copy-groups.ts';
import { choiceOf, testsOfType } from '../model/filter-tests.ts';
import type { GroupShape } from './shape.ts';

type Condition = GroupShape['having'][number];

interface HavingProps {
  readonly shape: GroupShape;
  onChange(changed: Partial<GroupShape>): void;
}

/** The tests of a measure: those of a number, without the ones of misfits. */
const choices = testsOfType('DECIMAL').filter(({ id }) => ['gt', 'gte', 'lt', 'lte', 'eq', 'ne'].includes(id));

interface ConditionProps {
  readonly condition: Condition;
  readonly names: readonly string[];
  onChange(condition: Condition): void;
  onRemove(): void;
}

function ConditionFields({ condition, names, onChange, onRemove }: ConditionProps) {
  const { choice, text } = choiceOf(condition.test, 'DECIMAL');
  const [value, setValue] = useState(text);
  const build = (id: string, next: string): ColumnTest =>
    (choices.find((each) => each.id === id) ?? choice).build(next === '' ? '0' : next);
  return (
    <Group gap="xs" wrap="nowrap" align="flex-start">
      <NativeSelect
        aria-label="Measure of the condition"
        data={[...names]}
        value={condition.as}
        onChange={({ currentTarget }) => onChange({ ...condition, as: currentTarget.value })}
      />
      <NativeSelect
        aria-label="Test of the measure"
        data={choices.map(({ id, label }) => ({ value: id, label }))}
        value={choice.id}
        onChange={({ currentTarget }) => onChange({ ...condition, test: build(currentTarget.value, value) })}
      />
      <TextInput
        aria-label="Value of the measure"
        inputMode="decimal"
        w={90}
        value={value}
        onChange={({ currentTarget }) => setValue(currentTarget.value)}
        onBlur={() => onChange({ ...condition, test: build(choice.id, value.trim()) })}
        onKeyDown={({ key }) => key === 'Enter' && onChange({ ...condition, test: build(choice.id, value.trim()) })}
      />
      <ActionIcon variant="subtle" color="gray" mt={4} aria-label="Remove the condition on groups" onClick={onRemove}>
        <TrashIcon size={16} aria-hidden />
      </ActionIcon>
    </Group>
  );
}

/** Conditions on the groups themselves. */
export function HavingFields({ shape: { measures, having }, onChange }: HavingProps) {
  const names = measures.map(measureName);
  return (
    <Stack gap="xs" role="group" aria-label="Conditions on groups">
      <Text size="sm" fw={600}>
        Only groups with
      </Text>
      {having.map((condition, index) => (
        <ConditionFields
          // biome-ignore lint/suspicious/noArrayIndexKey: conditions have no other identity
          key={index}
          condition={condition}
          names={names}
          onChange={(changed) => onChange({ having: having.map((each, at) => (at === index ? changed : each)) })}
          onRemove={() => onChange({ having: having.filter((_, at) => at !== index) })}
        />
      ))}
      <Button
        variant="default"
        size="compact-sm"
        leftSection={<PlusIcon size={14} aria-hidden />}
        onClick={() => onChange({ having: [...having, { as: names[0] ?? 'count', test: { gte: '1' } }] })}
        style={{ alignSelf: 'flex-start' }}
      >
        Condition on groups
      </Button>
    </Stack>
  );
}
