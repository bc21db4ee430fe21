import { once } from 'node:events';
import type { Readable } from 'node:stream';
import type { WriteStream } from 'node:tty';

type Output = NodeJS.WritableStream & Partial<Pick<WriteStream, 'isTTY'>>;

/** What the program needs of its process. */
export interface HostProcess {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: Readable;
  readonly stdout: Output;
  readonly stderr: Output;
  once(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
}

export interface Terminal {
  readonly environment: HostProcess['env'];
  readonly stdin: Readable;
  readonly stderr: Output;
  /** False once nobody reads stdout any more (`| head -1`): a command may go on, but need not print. */
  readonly isOutputOpen: boolean;
  /** Writes answer lines to stdout; resolves when there is room for more. */
  print(...lines: string[]): Promise<void>;
  /** Writes a line for people to stderr. */
  printError(line: string): void;
  /** Resolves when the process is asked to stop; a second request ends it at once. */
  untilStopped(): Promise<void>;
}

export const createTerminal = (hostProcess: HostProcess): Terminal => {
  const { stdin, stdout, stderr } = hostProcess;
  let isRead = true;
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    isRead = false;
  });
  stderr.on('error', () => undefined);
  return {
    environment: hostProcess.env,
    stdin,
    stderr,
    get isOutputOpen() {
      return isRead;
    },
    async print(...lines) {
      if (!isRead || lines.length === 0) return;
      if (stdout.write(`${lines.join('\n')}\n`)) return;
      // The one that does not come takes its listeners away again: a long answer waits thousands of times.
      const waiting = new AbortController();
      const { signal } = waiting;
      await Promise.race([once(stdout, 'drain', { signal }), once(stdout, 'close', { signal })]).catch(() => undefined);
      waiting.abort();
    },
    printError: (line) => void stderr.write(`${line}\n`),
    untilStopped: () =>
      new Promise((resolve) => {
        hostProcess.once('SIGINT', resolve);
        hostProcess.once('SIGTERM', resolve);
      }),
  };
};
