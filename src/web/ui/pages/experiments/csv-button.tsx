import { Button } from '@mantine/core';
import { DownloadIcon } from '@primer/octicons-react';
import { saveCsv } from '../../components/download.ts';
import { csvText, fileNameOf } from '../../format/csv.ts';

interface CsvButtonProps {
  /** The name of the file. */
  readonly title: string;
  readonly header: readonly string[];
  rows(): readonly (readonly string[])[];
}

export const CsvButton = ({ title, header, rows }: CsvButtonProps) => (
  <Button
    variant="default"
    size="compact-sm"
    leftSection={<DownloadIcon size={14} aria-hidden />}
    onClick={() => saveCsv(fileNameOf(title, 'csv'), csvText(header, rows()))}
  >
    CSV
  </Button>
);
