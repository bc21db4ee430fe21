import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { DownloadIcon } from '@primer/octicons-react';
import { useEffect, useRef, useState } from 'react';
import { sentenceOf } from '../data/errors.ts';
import type { LoadAll } from '../data/paged-rows.ts';
import { fileNameOf } from '../format/csv.ts';
import { formatFigure } from '../format/numbers.ts';
import { csvOf, type DataColumn } from './data-table-columns.ts';
import { saveCsv } from './download.ts';

interface CsvExportProps<Row> {
  readonly label: string;
  readonly columns: readonly DataColumn<Row>[];
  readonly rows: readonly Row[];
  readonly totalCount: number | string | undefined;
  /** Loads the rows that are not loaded yet; absent when there are none. */
  readonly loadAll: LoadAll<Row> | undefined;
}

/** Saves all rows of a table as CSV. Loading those that are missing shows how far it is, and can be cancelled. */
export function CsvExport<Row>({ label, columns, rows, totalCount, loadAll }: CsvExportProps<Row>) {
  const [loaded, setLoaded] = useState<number | null>(null);
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);
  const save = (all: readonly Row[]) => saveCsv(fileNameOf(label, 'csv'), csvOf(all, columns));
  const loadAndSave = async (load: LoadAll<Row>) => {
    const controller = new AbortController();
    running.current = controller;
    setLoaded(rows.length);
    try {
      const all = await load(setLoaded, controller.signal);
      if (!controller.signal.aborted) save(all);
    } catch (error) {
      notifications.show({ color: 'red', message: `Nothing was saved: ${sentenceOf(error)}` });
    } finally {
      setLoaded(null);
    }
  };
  if (loaded !== null)
    return (
      <Button variant="light" size="compact-xs" onClick={() => running.current?.abort()}>
        {`Cancel: ${formatFigure(loaded)}${totalCount === undefined ? '' : ` of ${formatFigure(totalCount)}`} rows loaded`}
      </Button>
    );
  return (
    <Button
      variant="subtle"
      color="gray"
      size="compact-xs"
      leftSection={<DownloadIcon size={14} aria-hidden />}
      onClick={() => (loadAll ? void loadAndSave(loadAll) : save(rows))}
    >
      CSV
    </Button>
  );
}
