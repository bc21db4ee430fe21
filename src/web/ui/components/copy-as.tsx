import { Button, Menu } from '@mantine/core';
import { CheckIcon, ChevronDownIcon, CopyIcon } from '@primer/octicons-react';
import { useCopy } from './clipboard.ts';

export interface CopyEntry {
  /** `curl`, `TypeScript`. */
  readonly label: string;
  /** A function for a text that is costly to make, or that depends on the moment. */
  readonly text: string | (() => string);
}

interface CopyAsProps {
  readonly entries: readonly CopyEntry[];
  /** Of the button; default `Copy as`. */
  readonly label?: string;
}

const textOf = ({ text }: CopyEntry): string => (typeof text === 'string' ? text : text());

/** A menu that copies the same in several notations; a plain button where there is only one. */
export function CopyAs({ entries, label = 'Copy as' }: CopyAsProps) {
  const { copy, isCopied, hasFailed } = useCopy();
  const icon = isCopied ? <CheckIcon size={14} aria-hidden /> : <CopyIcon size={14} aria-hidden />;
  const words = <span aria-live="polite">{hasFailed ? 'Not copied' : isCopied ? 'Copied' : label}</span>;
  const [first] = entries;
  if (first && entries.length === 1) {
    return (
      <Button variant="default" size="compact-sm" leftSection={icon} onClick={() => copy(textOf(first))}>
        {words}
      </Button>
    );
  }
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <Button
          variant="default"
          size="compact-sm"
          leftSection={icon}
          rightSection={<ChevronDownIcon size={14} aria-hidden />}
        >
          {words}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {entries.map((entry) => (
          <Menu.Item key={entry.label} onClick={() => copy(textOf(entry))}>
            {entry.label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
