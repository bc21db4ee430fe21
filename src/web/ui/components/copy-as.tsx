import { Button, Menu } from '@mantine/core';
import { IconCheck, IconChevronDown, IconCopy } from '@tabler/icons-react';
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

/** A menu that copies the same in several notations. */
export function CopyAs({ entries, label = 'Copy as' }: CopyAsProps) {
  const { copy, isCopied, hasFailed } = useCopy();
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <Button
          variant="default"
          size="compact-sm"
          leftSection={isCopied ? <IconCheck size={14} aria-hidden /> : <IconCopy size={14} aria-hidden />}
          rightSection={<IconChevronDown size={14} aria-hidden />}
        >
          <span aria-live="polite">{hasFailed ? 'Not copied' : isCopied ? 'Copied' : label}</span>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {entries.map((entry) => (
          <Menu.Item key={entry.label} onClick={() => copy(typeof entry.text === 'string' ? entry.text : entry.text())}>
            {entry.label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
