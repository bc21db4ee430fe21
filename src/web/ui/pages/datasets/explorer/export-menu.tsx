import { Button, Menu } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { ChevronDownIcon, DownloadIcon } from '@primer/octicons-react';
import { saveResponse } from '../../../components/download.ts';
import { sentenceOf } from '../../../data/errors.ts';
import { headersOf, useSession } from '../../../data/session.tsx';
import { type ExportFormat, exportPath } from '../model/copy-rows.ts';
import type { Question } from '../model/question.ts';
import type { Sort } from '../model/search.ts';

interface Choice {
  readonly label: string;
  readonly format: ExportFormat;
  readonly safe?: boolean;
}

const choices: readonly Choice[] = [
  { label: 'CSV', format: 'csv' },
  { label: 'CSV for spreadsheets, formulas as text', format: 'csv', safe: true },
  { label: 'NDJSON', format: 'ndjson' },
  { label: 'Parquet', format: 'parquet' },
];

interface ExportMenuProps {
  readonly question: Question;
  readonly sort: Sort | undefined;
}

/** All rows of the filter as a file. Without a key it is a plain link, which a browser saves as it arrives. */
export function ExportMenu({ question, sort }: ExportMenuProps) {
  const session = useSession();
  const save = (path: string, format: ExportFormat) =>
    saveResponse(path, headersOf(session), `${question.name}.${format}`).catch((error: Error) =>
      notifications.show({ color: 'orange', title: 'The export failed', message: sentenceOf(error) }),
    );
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <Button
          variant="subtle"
          color="gray"
          size="compact-xs"
          leftSection={<DownloadIcon size={14} aria-hidden />}
          rightSection={<ChevronDownIcon size={12} aria-hidden />}
        >
          Export
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {choices.map(({ label, ...choice }) => {
          const path = exportPath(question, { ...choice, sort });
          return session.apiKey === null ? (
            <Menu.Item key={label} component="a" href={path} download>
              {label}
            </Menu.Item>
          ) : (
            <Menu.Item key={label} onClick={() => void save(path, choice.format)}>
              {label}
            </Menu.Item>
          );
        })}
      </Menu.Dropdown>
    </Menu>
  );
}
