import { ActionIcon, Button, Checkbox, Group, NativeSelect, Paper, Stack, Textarea, TextInput } from '@mantine/core';
import { PlusIcon, TrashIcon } from '@primer/octicons-react';
import { type FormEvent, useRef, useState } from 'react';
import { DetailDrawer } from '../../../components/detail-drawer.tsx';
import type { RowFilter } from '../../../generated/graphql.ts';
import { columnLabel, isNumeric } from '../model/cell.ts';
import {
  draftOf,
  type FilterDraft,
  filterOfDraft,
  type GroupDraft,
  type NextKey,
  newTest,
  type TestDraft,
} from '../model/filter-draft.ts';
import { type TypeOf, testsOfType } from '../model/filter-tests.ts';

interface Editing {
  readonly columns: readonly string[];
  readonly typeOf: TypeOf;
  readonly nextKey: NextKey;
}

interface PartProps<Draft> {
  readonly draft: Draft;
  readonly editing: Editing;
  onChange(draft: Draft): void;
}

function ValueField({ draft, editing, onChange }: PartProps<TestDraft>) {
  const type = editing.typeOf(draft.column);
  const input = testsOfType(type).find(({ id }) => id === draft.testId)?.input ?? 'value';
  const change = (text: string) => onChange({ ...draft, text });
  if (input === 'none') return null;
  if (input === 'list')
    return (
      <Textarea
        aria-label="Values, one a line"
        placeholder="One a line"
        autosize
        minRows={2}
        value={draft.text}
        onChange={({ currentTarget }) => change(currentTarget.value)}
      />
    );
  if (type === 'BOOLEAN' && (draft.testId === 'eq' || draft.testId === 'ne'))
    return (
      <NativeSelect
        aria-label="Value"
        data={['true', 'false']}
        value={draft.text === 'false' ? 'false' : 'true'}
        onChange={({ currentTarget }) => change(currentTarget.value)}
      />
    );
  return (
    <TextInput
      aria-label="Value"
      placeholder={type === 'DATE' ? '2024-12-31' : type === 'DATE_TIME' ? '2024-12-31T08:00:00Z' : undefined}
      inputMode={isNumeric(type) ? 'decimal' : 'text'}
      value={draft.text}
      onChange={({ currentTarget }) => change(currentTarget.value)}
    />
  );
}

function TestFields({ draft, editing, onChange }: PartProps<TestDraft>) {
  const { columns, typeOf } = editing;
  return (
    <Group gap="xs" align="flex-start" flex={1}>
      <NativeSelect
        aria-label="Column"
        maw={190}
        data={columns.map((name) => ({ value: name, label: columnLabel(name) }))}
        value={draft.column}
        onChange={({ currentTarget }) =>
          onChange({ ...newTest(currentTarget.value, typeOf, () => draft.key), text: draft.text })
        }
      />
      <NativeSelect
        aria-label="Test"
        data={testsOfType(typeOf(draft.column)).map(({ id, label }) => ({ value: id, label }))}
        value={draft.testId}
        onChange={({ currentTarget }) => onChange({ ...draft, testId: currentTarget.value })}
      />
      <ValueField draft={draft} editing={editing} onChange={onChange} />
    </Group>
  );
}

function GroupFields({ draft, editing, onChange }: PartProps<GroupDraft>) {
  const { parts } = draft;
  const { columns, typeOf, nextKey } = editing;
  const setParts = (next: readonly FilterDraft[]) => onChange({ ...draft, parts: next });
  const test = () => newTest(columns[0] ?? '', typeOf, nextKey);
  const group = (): GroupDraft => ({ kind: 'group', key: nextKey(), join: 'or', isNot: false, parts: [test()] });
  return (
    <Stack gap="xs" flex={1}>
      <Group gap="md">
        <NativeSelect
          aria-label="How the conditions are joined"
          data={[
            { value: 'and', label: 'All of these' },
            { value: 'or', label: 'At least one of these' },
          ]}
          value={draft.join}
          onChange={({ currentTarget }) => onChange({ ...draft, join: currentTarget.value === 'or' ? 'or' : 'and' })}
        />
        <Checkbox
          label="not"
          checked={draft.isNot}
          onChange={({ currentTarget }) => onChange({ ...draft, isNot: currentTarget.checked })}
        />
      </Group>
      {parts.map((part) => (
        <Group key={part.key} gap="xs" align="flex-start" wrap="nowrap" pl="md">
          <PartFields
            draft={part}
            editing={editing}
            onChange={(next) => setParts(parts.map((each) => (each === part ? next : each)))}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            mt={4}
            aria-label={part.kind === 'test' ? 'Remove the condition' : 'Remove the group'}
            onClick={() => setParts(parts.filter((each) => each !== part))}
          >
            <TrashIcon size={16} aria-hidden />
          </ActionIcon>
        </Group>
      ))}
      <Group gap="xs" pl="md">
        <Button
          variant="default"
          size="compact-sm"
          leftSection={<PlusIcon size={14} aria-hidden />}
          onClick={() => setParts([...parts, test()])}
        >
          Condition
        </Button>
        <Button
          variant="default"
          size="compact-sm"
          leftSection={<PlusIcon size={14} aria-hidden />}
          onClick={() => setParts([...parts, group()])}
        >
          Group
        </Button>
      </Group>
    </Stack>
  );
}

function PartFields({ draft, editing, onChange }: PartProps<FilterDraft>) {
  if (draft.kind === 'test') return <TestFields draft={draft} editing={editing} onChange={onChange} />;
  return (
    <Paper withBorder p="xs" flex={1}>
      <GroupFields draft={draft} editing={editing} onChange={onChange} />
    </Paper>
  );
}

interface FilterEditorProps {
  readonly isOpen: boolean;
  readonly where: RowFilter | undefined;
  readonly columns: readonly string[];
  readonly typeOf: TypeOf;
  onApply(where: RowFilter | undefined): void;
  onClose(): void;
}

function Editor({ where, columns, typeOf, onApply, onClose }: Omit<FilterEditorProps, 'isOpen'>) {
  const lastKey = useRef(0);
  const nextKey = () => {
    lastKey.current += 1;
    return lastKey.current;
  };
  const [draft, setDraft] = useState<GroupDraft>(() => {
    const first = draftOf(where, typeOf, nextKey);
    return first.parts.length > 0 ? first : { ...first, parts: [newTest(columns[0] ?? '', typeOf, nextKey)] };
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onApply(filterOfDraft(draft, typeOf));
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <GroupFields draft={draft} editing={{ columns, typeOf, nextKey }} onChange={setDraft} />
        <Group gap="xs">
          <Button type="submit">Show these rows</Button>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** The whole filter: conditions on columns, joined by groups. It holds once it is applied. */
export const FilterEditor = ({ isOpen, ...props }: FilterEditorProps) => (
  <DetailDrawer title="Filter" isOpen={isOpen} onClose={props.onClose}>
    {isOpen && <Editor {...props} />}
  </DetailDrawer>
);
