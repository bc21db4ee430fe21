import { Button, Menu } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { ChevronDownIcon, DownloadIcon } from '@primer/octicons-react';
import { useRef, useState } from 'react';
import { saveFile } from '../../components/download.ts';
import { sentenceOf } from '../../data/errors.ts';
import { headersOf, useSession } from '../../data/session.tsx';
import { fileNameOf } from '../../format/csv.ts';
import { hashOfDocument } from '../../generated/document-ids.ts';
import { RevenueExportDocument } from '../../generated/graphql.ts';
import { dimensions } from './dimensions.ts';
import type { Pivot } from './load-pivot.ts';
import { measures } from './measures.ts';

type Format = 'csv' | 'ndjson';

const types: Readonly<Record<Format, string>> = { csv: 'text/csv;charset=utf-8', ndjson: 'application/x-ndjson' };

/** The address of the first page of a pivot's groups as rows. */
const addressOf = ({ request, asOf }: Pivot, format: Format): string => {
  const { source, rows, columns, grain, timeZone, where } = request;
  const variables = { source, groupBy: columns ? [rows, columns] : [rows], grain, timeZone, where, asOf };
  const search = new URLSearchParams({
    documentId: hashOfDocument(RevenueExportDocument),
    variables: JSON.stringify(variables),
  });
  return `/graphql.${format}?${search}`;
};

const nextOf = (response: Response): string | null =>
  /<([^>]+)>\s*;\s*rel="?next"?/.exec(response.headers.get('link') ?? '')?.[1] ?? null;

const refusalOf = async (response: Response): Promise<string> => {
  const body = (await response.json().catch(() => ({}))) as { errors?: { message?: string }[] };
  return body.errors?.[0]?.message ?? `The server answered with status ${response.status}.`;
};

/** All pages of rows as one text: of the later ones without their header line. */
const readRows = async (first: string, headers: Record<string, string>, signal: AbortSignal, format: Format) => {
  const parts: string[] = [];
  for (let address: string | null = first; address !== null; ) {
    const response = await fetch(address, { headers, signal });
    if (!response.ok) throw new Error(await refusalOf(response));
    const text = await response.text();
    // Names of columns have no line breaks.
    parts.push(format === 'csv' && parts.length > 0 ? text.slice(text.indexOf('\n') + 1) : text);
    address = nextOf(response);
  }
  return parts;
};

/** Saves all groups of a pivot, not only those of the page, with all measures, of the snapshot on the screen. */
export function ExportMenu({ pivot }: { readonly pivot: Pivot }) {
  const session = useSession();
  const [isRunning, setRunning] = useState(false);
  const abort = useRef<AbortController | null>(null);
  const { request, asOf } = pivot;
  const by = [request.rows, ...(request.columns ? [request.columns] : [])].map((name) => dimensions[name].label);
  const title = `${measures[request.measure].label} by ${by.join(' and ')} snapshot ${asOf.sequence}`;

  const save = async (format: Format) => {
    abort.current = new AbortController();
    setRunning(true);
    try {
      const parts = await readRows(addressOf(pivot, format), headersOf(session), abort.current.signal, format);
      const mark = format === 'csv' ? ['\uFEFF'] : [];
      saveFile(fileNameOf(title, format), new Blob([...mark, ...parts], { type: types[format] }));
    } catch (error) {
      if (abort.current.signal.aborted) return;
      notifications.show({ color: 'orange', title: 'The export failed', message: sentenceOf(error) });
    } finally {
      setRunning(false);
    }
  };

  if (isRunning)
    return (
      <Button variant="default" size="compact-sm" onClick={() => abort.current?.abort()}>
        Cancel the export
      </Button>
    );
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <Button
          variant="default"
          size="compact-sm"
          leftSection={<DownloadIcon size={14} aria-hidden />}
          rightSection={<ChevronDownIcon size={14} aria-hidden />}
        >
          Export
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => void save('csv')}>CSV</Menu.Item>
        <Menu.Item onClick={() => void save('ndjson')}>NDJSON</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
