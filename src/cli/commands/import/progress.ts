import cliProgress from 'cli-progress';
import type { DatasetProgress } from '../../../domains/datasets/import-version.ts';
import type { Terminal } from '../../terminal.ts';

interface Progress {
  /** Shows the progress of an import. */
  readonly show: (current: DatasetProgress) => void;
  end(): void;
}

interface ProgressOptions {
  /** Undefined when the import itself knows its total size. */
  readonly files?: readonly { readonly bytes: number }[];
  /** Whether the number of records is shown besides the bytes. */
  readonly showsRecords?: boolean;
}

/** Without a terminal, a line is written this often at most. */
const lineEveryMs = 2000;

/** The progress of all files together: a bar on a terminal, a line now and then elsewhere. */
export const createImportProgress = (
  stream: Terminal['stderr'],
  { files, showsRecords = false }: ProgressOptions = {},
): Progress => {
  let bytesTotal = (files ?? []).reduce((sum, { bytes }) => sum + bytes, 0);
  const done = new Map<number, { readonly bytes: number; readonly records: number }>();
  const sum = (of: 'bytes' | 'records'): number => [...done.values()].reduce((total, count) => total + count[of], 0);
  const update = ({ id, bytesRead, read, ...current }: DatasetProgress): void => {
    done.set(id, { bytes: bytesRead, records: read });
    if (!files) bytesTotal = current.bytesTotal;
  };
  /** What is counted besides the share of the bytes; a download may be of unknown size. */
  const noteOf = ({ isFetching }: DatasetProgress): string => {
    if (isFetching) return `${sum('bytes')} bytes received`;
    return showsRecords ? `${sum('records')} records` : '';
  };

  if (!stream.isTTY) {
    let writtenAt = performance.now();
    return {
      show(current) {
        update(current);
        if (performance.now() - writtenAt < lineEveryMs) return;
        writtenAt = performance.now();
        const percent = Math.floor((100 * sum('bytes')) / bytesTotal);
        const share = bytesTotal > 0 ? `${percent} % of ${bytesTotal} bytes` : '';
        stream.write(`${current.source}: ${[noteOf(current), share].filter((text) => text !== '').join(', ')}\n`);
      },
      end: () => undefined,
    };
  }
  const bar = new cliProgress.SingleBar({
    format: (options, params, { note }: { readonly note: string }) => {
      const parts = params.total > 0 ? ['{bar} {percentage} %', note, '{eta_formatted} to go'] : [note];
      const format = parts.filter((part) => part !== '').join(' | ');
      return cliProgress.Format.Formatter({ ...options, format }, params, {});
    },
    stream,
    // Keeps the terminal's settings: after Ctrl-C they would stay changed.
    linewrap: true,
    clearOnComplete: true,
  });
  bar.start(bytesTotal, 0, { note: '' });
  return {
    show(current) {
      update(current);
      bar.setTotal(bytesTotal);
      bar.update(sum('bytes'), { note: noteOf(current) });
    },
    end: () => bar.stop(),
  };
};
