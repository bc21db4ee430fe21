import { Button, Menu } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { ChevronDownIcon, DownloadIcon } from '@primer/octicons-react';
import { useState } from 'react';
import { saveFile } from '../../../components/download.ts';
import { sentenceOf } from '../../../data/errors.ts';
import { headersOf, useSession } from '../../../data/session.tsx';
import { type AsOf, useAsOf } from '../../../data/view.ts';
import { exportFormats } from '../model/copy-rows.ts';
import { sqlParameters } from '../model/copy-sql.ts';

const messageIn = async (response: Response): Promise<string> => {
  const text = await response.text();
  try {
    const { error } = JSON.parse(text) as { error?: { message?: string } };
    return error?.message ?? text;
  } catch {
    return `The server answered with status ${response.status}.`;
  }
};

const save = async (
  text: string,
  format: string,
  options: { asOf: AsOf | null; headers: Record<string, string> },
): Promise<boolean> => {
  const parameters = sqlParameters(options.asOf);
  parameters.set('format', format);
  const headers = { ...options.headers, 'content-type': 'application/sql' };
  const response = await fetch(`/sql?${parameters}`, { method: 'POST', headers, body: text });
  if (!response.ok) throw new Error(await messageIn(response));
  saveFile(`result.${format}`, await response.blob());
  return response.headers.get('x-truncated') === 'true';
};

/** The whole result as a file: `POST /sql` returns more rows than a page shows. */
export function SqlExport({ text }: { readonly text: string }) {
  const session = useSession();
  const asOf = useAsOf();
  const [isBusy, setBusy] = useState(false);
  const start = (format: string) => {
    setBusy(true);
    save(text, format, { asOf, headers: headersOf(session) })
      .then((isTruncated) => {
        if (isTruncated)
          notifications.show({
            color: 'orange',
            title: 'The file has not all rows',
            message: 'The query has more rows than the setting sqlRowsMax.',
          });
      })
      .catch((error: Error) =>
        notifications.show({ color: 'orange', title: 'The export failed', message: sentenceOf(error) }),
      )
      .finally(() => setBusy(false));
  };
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <Button
          variant="subtle"
          color="gray"
          size="compact-xs"
          loading={isBusy}
          leftSection={<DownloadIcon size={14} aria-hidden />}
          rightSection={<ChevronDownIcon size={12} aria-hidden />}
        >
          Export
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {exportFormats.map((format) => (
          <Menu.Item key={format} onClick={() => start(format)}>
            {format === 'parquet' ? 'Parquet' : format.toUpperCase()}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
