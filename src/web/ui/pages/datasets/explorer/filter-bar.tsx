import { Button, Group, TextInput } from '@mantine/core';
import { FilterIcon, SearchIcon } from '@primer/octicons-react';
import { useEffect, useRef, useState } from 'react';
import { FilterChips } from '../../../components/filter-chips.tsx';
import type { RowFilter } from '../../../generated/graphql.ts';
import { columnLabel } from '../model/cell.ts';
import { describeFilter, describeTest, filterOfParts, partsOf, type TypeOf } from '../model/filter-tests.ts';
import { type Question, typeOfColumn } from '../model/question.ts';
import { FilterEditor } from './filter-editor.tsx';
import { useAddress } from './use-address.ts';

/** A pause in typing: each search goes through all rows. */
const searchAfterMs = 300;

function SearchField() {
  const { address, change } = useAddress();
  const { search = '' } = address;
  const [text, setText] = useState(search);
  const sent = useRef(search);
  // The address changes without typing too: by Back, or by a link.
  useEffect(() => {
    if (search !== sent.current) setText(search);
    sent.current = search;
  }, [search]);
  useEffect(() => {
    if (text === sent.current) return undefined;
    const timer = setTimeout(() => {
      sent.current = text;
      change({ search: text === '' ? undefined : text, group: undefined }, true);
    }, searchAfterMs);
    return () => clearTimeout(timer);
  }, [text, change]);
  return (
    <TextInput
      size="xs"
      w={220}
      aria-label="Search in all text columns"
      placeholder="Search in all text columns"
      leftSection={<SearchIcon size={14} aria-hidden />}
      value={text}
      onChange={({ currentTarget }) => setText(currentTarget.value)}
    />
  );
}

const chipOf = (part: RowFilter, typeOf: TypeOf): { readonly label: string; readonly value: string } => {
  if (!part.column) return { label: 'rows', value: describeFilter(part, typeOf) };
  const { name, test } = part.column;
  return { label: columnLabel(name), value: describeTest(test, typeOf(name)) };
};

/** The filter of the page: a chip for each condition, the editor behind them, and the search. */
export function FilterBar({ question }: { readonly question: Question }) {
  const { change } = useAddress();
  const [isEditing, setEditing] = useState(false);
  const { where, version } = question;
  const typeOf = typeOfColumn(question);
  const parts = partsOf(where);
  const setWhere = (next: RowFilter | undefined) => change({ where: next, group: undefined });
  return (
    <Group gap="xs">
      <SearchField />
      <FilterChips
        filters={parts.map((part, index) => ({
          id: `${index} ${JSON.stringify(part)}`,
          ...chipOf(part, typeOf),
          onRemove: () => setWhere(filterOfParts(parts.filter((each) => each !== part))),
          onEdit: () => setEditing(true),
        }))}
        add={
          <Button
            variant="default"
            size="compact-sm"
            leftSection={<FilterIcon size={14} aria-hidden />}
            onClick={() => setEditing(true)}
          >
            Filter
          </Button>
        }
      />
      <FilterEditor
        isOpen={isEditing}
        where={where}
        columns={version.columns.map(({ name }) => name)}
        typeOf={typeOf}
        onApply={(next) => {
          setWhere(next);
          setEditing(false);
        }}
        onClose={() => setEditing(false)}
      />
    </Group>
  );
}
