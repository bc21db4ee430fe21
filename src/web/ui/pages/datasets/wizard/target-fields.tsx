import { Group, MultiSelect, NativeSelect, TextInput } from '@mantine/core';
import { useState } from 'react';
import { refreshChoices } from '../model/refresh.ts';
import { type ImportOptions, type ImportProblem, problemAt } from './options.ts';

interface TargetFieldsProps {
  readonly options: ImportOptions;
  readonly problems: readonly ImportProblem[];
  /** Names of the columns of the file. */
  readonly columns: readonly string[];
  readonly isLink: boolean;
  onChange(changed: Partial<ImportOptions>): void;
}

/** Committed when the field is left: with each mode but REPLACE the name is part of the preview. */
function NameField({ options, problems, onChange }: Pick<TargetFieldsProps, 'options' | 'problems' | 'onChange'>) {
  const [name, setName] = useState(options.name);
  return (
    <TextInput
      label="Name of the dataset"
      required
      value={name}
      error={problemAt(problems, 'name')}
      onChange={({ currentTarget }) => setName(currentTarget.value)}
      onBlur={() => onChange({ name: name.trim() })}
    />
  );
}

/** Where the rows go. */
export function TargetFields({ options, problems, columns, isLink, onChange }: TargetFieldsProps) {
  return (
    <Group gap="sm" align="flex-start" role="group" aria-label="Where the rows go">
      <NameField options={options} problems={problems} onChange={onChange} />
      <NativeSelect
        label="Rows of an existing dataset"
        value={options.mode}
        data={[
          { value: 'REPLACE', label: 'Replace them' },
          { value: 'APPEND', label: 'Add to them' },
          { value: 'UPSERT', label: 'Replace those with the same key' },
        ]}
        onChange={({ currentTarget }) => onChange({ mode: currentTarget.value as ImportOptions['mode'] })}
      />
      <MultiSelect
        label={options.mode === 'UPSERT' ? 'Key columns' : 'Key columns, if any'}
        required={options.mode === 'UPSERT'}
        searchable
        data={[...new Set(columns)].filter((name) => name !== '')}
        value={[...options.keyColumns]}
        error={problemAt(problems, 'keyColumns')}
        onChange={(keyColumns) => onChange({ keyColumns })}
        miw={220}
      />
      {isLink && (
        <NativeSelect
          label="Import the link again"
          value={options.refreshEvery}
          data={[{ value: '', label: 'Only once' }, ...refreshChoices]}
          error={problemAt(problems, 'refreshEvery')}
          onChange={({ currentTarget }) => onChange({ refreshEvery: currentTarget.value })}
        />
      )}
    </Group>
  );
}
