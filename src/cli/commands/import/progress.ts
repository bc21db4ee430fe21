import cliProgress from 'cli-progress';
import type { Import } from '../../../domains/imports/job.ts';
import type { Terminal } from '../../terminal.ts';

interface Progress {
  /** Takes note of how far an import is. */
  readonly show: (standing: Import) => void;
  end(): void;
}

/** Without a terminal, a line is written this often at most. */
const lineEveryMs = 2000;

/** How far all files together are: a bar on a terminal, a line now and then elsewhere. */
export const createImportProgress = (
  stream: Terminal['stderr'],
  /** Undefined where an import itself tells how much it has to read. */
  files?: readonly { readonly bytes: number }[],
): Progress => {
  let bytesTotal = (files ?? []).reduce((sum, { bytes }) => sum + bytes, 0);
  const done = new Map<number, { readonly bytes: number; readonly records: number }>();
  const sum = (of: 'bytes' | 'records'): number => [...done.values()].reduce((total, count) => total + count[of], 0);
  const note = ({ id, bytesRead, read, ...standing }: Import): void => {
    done.set(id, { bytes: bytesRead, records: read });
    if (!files) bytesTotal = standing.bytesTotal;
  };

  if (!stream.isTTY) {
    let writtenAt = performance.now();
    return {
      show(standing) {
        note(standing);
        if (performance.now() - writtenAt < lineEveryMs) return;
        writtenAt = performance.now();
        const percent = Math.floor((100 * sum('bytes')) / Math.max(bytesTotal, 1));
        const records = files ? `${sum('records')} records, ` : '';
        stream.write(`${standing.source}: ${records}${percent} % of ${bytesTotal} bytes\n`);
      },
      end: () => undefined,
    };
  }
  const bar = new cliProgress.SingleBar({
    format: `{bar} {percentage} %${files ? ' | {records} records' : ''} | {eta_formatted} to go`,
    stream,
    // The terminal's own settings stay: Ctrl-C would leave them changed.
    linewrap: true,
    clearOnComplete: true,
  });
  bar.start(bytesTotal, 0, { records: 0 });
  return {
    show(standing) {
      note(standing);
      bar.setTotal(bytesTotal);
      bar.update(sum('bytes'), { records: sum('records') });
    },
    end: () => bar.stop(),
  };
};
