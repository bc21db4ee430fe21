import { once } from 'node:events';
import type { Readable } from 'node:stream';
import type { WriteStream } from 'node:tty';

type Output = NodeJS.WritableStream & Partial<Pick<WriteStream, 'isTTY' | 'hasColors'>>;

/** Asks a process to stop: Ctrl+C, or a supervisor. */
export type StopSignal = 'SIGINT' | 'SIGTERM';

/** The parts of `process` that the program uses. */
export interface HostProcess {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: Readable;
  readonly stdout: Output;
  readonly stderr: Output;
  on(signal: StopSignal, listener: (signal: StopSignal) => void): unknown;
  off(signal: StopSignal, listener: (signal: StopSignal) => void): unknown;
}

export interface Terminal {
  readonly environment: HostProcess['env'];
  readonly stdin: Readable;
  readonly stderr: Output;
  /** False once the reader of stdout has closed it (`| head -1`): a command may continue, but need not print. */
  readonly isOutputOpen: boolean;
  /** Writes lines of the result to stdout; resolves when the stream accepts more. */
  print(...lines: string[]): Promise<void>;
  /** Writes a part of a file to stdout as it is; resolves when the stream accepts more. */
  write(part: string | Uint8Array): Promise<void>;
  /** Throws the error of a write that failed, such as a full disk below a redirected stdout. */
  flush(): Promise<void>;
  /** Writes a message to stderr. */
  printError(line: string): void;
  /** Asks a question on stderr; false unless a person says yes on a terminal. */
  confirm(question: string): Promise<boolean>;
  /** Resolves at the first SIGINT or SIGTERM; a second one ends the process at once. */
  untilStopped(): Promise<StopSignal>;
}

export const createTerminal = (hostProcess: HostProcess): Terminal => {
  const { stdin, stdout, stderr } = hostProcess;
  let isRead = true;
  let fault: Error | null = null;
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    isRead = false;
    if (error.code !== 'EPIPE') fault = error;
  });
  stderr.on('error', () => undefined);
  const write = async (part: string | Uint8Array): Promise<void> => {
    if (fault) throw fault;
    if (!isRead || part.length === 0) return;
    if (stdout.write(part)) return;
    // The abort removes the listeners of the event that did not occur: a long result waits thousands of times.
    const waiting = new AbortController();
    const { signal } = waiting;
    await Promise.race([once(stdout, 'drain', { signal }), once(stdout, 'close', { signal })]).catch(() => undefined);
    waiting.abort();
  };
  return {
    environment: hostProcess.env,
    stdin,
    stderr,
    get isOutputOpen() {
      return isRead;
    },
    print: async (...lines) => (lines.length === 0 ? undefined : write(`${lines.join('\n')}\n`)),
    write,
    printError: (line) => void stderr.write(`${line}\n`),
    async flush() {
      // Streams report that a write failed in a later turn of the event loop.
      if (isRead) await new Promise((resolve) => setImmediate(resolve));
      if (fault) throw fault;
    },
    async confirm(question) {
      if (!('isTTY' in stdin && stdin.isTTY)) return false;
      const { createInterface } = await import('node:readline/promises');
      const lines = createInterface({ input: stdin, output: stderr });
      try {
        return /^y(?:es)?$/i.test((await lines.question(question)).trim());
      } finally {
        lines.close();
      }
    },
    untilStopped: () =>
      new Promise((resolve) => {
        const signals = ['SIGINT', 'SIGTERM'] as const;
        const stop = (received: StopSignal): void => {
          // The default action, which ends the process, is back for whichever signal comes next.
          for (const signal of signals) hostProcess.off(signal, stop);
          resolve(received);
        };
        for (const signal of signals) hostProcess.on(signal, stop);
      }),
  };
};
