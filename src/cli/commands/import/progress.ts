import cliProgress from 'cli-progress';
import type { Import } from '../../../domains/imports/job.ts';
import type { Terminal } from '../../terminal.ts';

interface Progress {
  /** Shows the progress of an import. */
  readonly show: (current: Import) => void;
  end(): void;
}

/** Without a terminal, a line is written this often at most. */
const lineEveryMs = 2000;

/** The progress of all files together: a bar on a terminal, a line now and then elsewhere. */
export const createImportProgress = (
  stream: Terminal['stderr'],
  /** Undefined when the import itself knows its total size. */
  files?: readonly { readonly bytes: number }[],
): Progress => {
  let bytesTotal = (files ?? []).reduce((sum, { bytes }) => sum + bytes, 0);
  const done = new Map<number, { readonly bytes: number; readonly records: number }>();
  const sum = (of: 'bytes' | 'records'): number => [...done.values()].reduce((total, count) => total + count[of], 0);
  const update = ({ id, bytesRead, read, ...current }: Import): void => {
    done.set(id, { bytes: bytesRead, records: read });
    if (!files) bytesTotal = current.bytesTotal;
  };

  if (!stream.isTTY) {
    let writtenAt = performance.now();
    return {
      show(current) {
        update(current);
        if (performance.now() - writtenAt < lineEveryMs) return;
        writtenAt = performance.now();
        const percent = Math.floor((100 * sum('bytes')) / Math.max(bytesTotal, 1));
        const records = files ? `${sum('records')} records, ` : '';
        stream.write(`${current.source}: ${records}${percent} % of ${bytesTotal} bytes\n`);
      },
      end: () => undefined,
    };
  }
  const bar = new cliProgress.SingleBar({
    format: `{bar} {percentage} %${files ? ' | {records} records' : ''} | {eta_formatted} to go`,
    stream,
    // Keeps the terminal's settings: after Ctrl-C they would stay changed.
    linewrap: true,
    clearOnComplete: true,
  });
  bar.start(bytesTotal, 0, { records: 0 });
  return {
    show(current) {
      update(current);
      bar.setTotal(bytesTotal);
      bar.update(sum('bytes'), { records: sum('records') });
    },
    end: () => bar.stop(),
  };
};
