import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { runProgram } from '../../src/cli/program.ts';

type Entry = 'cli' | 'main';

interface AsofProcess {
  readonly child: ChildProcessWithoutNullStreams;
  /** What it has written so far. */
  readonly output: { readonly stdout: string; readonly stderr: string };
  /** The exit code. */
  readonly closed: Promise<number | null>;
}

/** The environment of this process without the settings of the machine. */
const environment = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ASOF_'))),
  ASOF_STOP_DELAY_MS: '0',
};

/** `prelude` is a shell command that runs first in the same process, such as `ulimit`. */
export const startAsof = (
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  entry: Entry = 'cli',
  prelude?: string,
): AsofProcess => {
  const program = fileURLToPath(new URL(`../../dist/src/${entry}.js`, import.meta.url));
  const command = [process.execPath, program, ...args];
  const [file = '', ...rest] = prelude ? ['sh', '-c', `${prelude}; exec "$@"`, 'sh', ...command] : command;
  const child = spawn(file, rest, { env: { ...environment, ...env } });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
    });
  return { child, output, closed: once(child, 'close').then(([code]) => code as number | null) };
};

/** What a stream was written, as text. */
class Written extends Writable {
  readonly #parts: Buffer[] = [];

  override _write(part: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#parts.push(part);
    this.emit('written');
    done();
  }

  get text(): string {
    return Buffer.concat(this.#parts).toString();
  }
}

/** Runs `asof` in this process: all of the program but its entry of three lines, in a tenth of the time that a process takes to start. */
const runHere = (args: readonly string[], input: string, env: NodeJS.ProcessEnv) => {
  const [stdin, stdout, stderr] = [
    Readable.from(input === '' ? [] : [Buffer.from(input)]),
    new Written(),
    new Written(),
  ];
  const host = Object.assign(new EventEmitter(), { env: { ...environment, ...env }, stdin, stdout, stderr });
  return { host, stdout, stderr, closed: runProgram(args, host) };
};

/** Runs `asof` to its end in this process. */
export const asof = async (args: readonly string[], input = '', env: NodeJS.ProcessEnv = {}) => {
  const { stdout, stderr, closed } = runHere(args, input, env);
  const code: number | null = await closed;
  return { code, stdout: stdout.text, stderr: stderr.text };
};

export interface ServerHere {
  readonly url: string;
  /** What it has written to stderr so far. */
  readonly log: () => string;
  readonly stop: () => Promise<number>;
}

/** As `serve`, in this process; resolves to what it wrote to stderr when it does not start. */
export const serveHere = async (args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<ServerHere | string> => {
  const { host, stdout, stderr, closed } = runHere(['serve', '--port', '0', ...args], '', env);
  const listening = new Promise<string>((resolve) => {
    stdout.on('written', () => {
      const line = /^listening on (\S+)\n/m.exec(stdout.text)?.[1];
      if (line) resolve(line);
    });
  });
  const url = await Promise.race([listening, closed.then(() => null)]);
  if (url === null) return stderr.text;
  const stop = (): Promise<number> => {
    host.emit('SIGTERM');
    return closed;
  };
  onTestFinished(() => void stop());
  return { url, stop, log: () => stderr.text };
};

/** Runs `asof` to its end as a process of its own, for what belongs to processes: their limits, and several at once. */
export const asofProcess = async (
  args: readonly string[],
  input = '',
  env: NodeJS.ProcessEnv = {},
  prelude?: string,
) => {
  const { child, output, closed } = startAsof(args, env, 'cli', prelude);
  // A command that does not read stdin may exit before the input is written.
  child.stdin.on('error', () => undefined).end(input);
  return { code: await closed, ...output };
};

export interface Server extends AsofProcess {
  readonly url: string;
  /** Stops it with a signal, as a supervisor does; resolves to the exit code. */
  stop(signal?: 'SIGTERM' | 'SIGINT'): Promise<number | null>;
}

/** Starts a server on a free port and waits until it is ready; the end of the test kills it. */
export const serve = async (
  args: readonly string[],
  entry: Entry = 'cli',
  env: NodeJS.ProcessEnv = {},
  prelude?: string,
): Promise<Server> => {
  const running = startAsof([...(entry === 'cli' ? ['serve'] : []), '--port', '0', ...args], env, entry, prelude);
  const { child, output, closed } = running;
  onTestFinished(() => void child.kill('SIGKILL'));
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', () => {
      const line = /^listening on (\S+)\n/m.exec(output.stdout)?.[1];
      if (line) resolve(line);
    });
    closed.then(() => reject(new Error(`the server ended: ${output.stderr}`)), reject);
  });
  return {
    ...running,
    url,
    stop(signal = 'SIGTERM') {
      child.kill(signal);
      return closed;
    },
  };
};

/** A temporary folder; the end of the test removes it. */
export const folder = async (): Promise<string> => {
  const path = await mkdtemp(join(tmpdir(), 'asof-test-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
};
