import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

/** A server in a process of its own. */
export interface ServerProcess {
  readonly name: string;
  readonly port: number;
  readonly process: ChildProcess;
}

/** Starts a program and reads the port it prints. */
export const startServer = async (name: string, args: readonly string[], portOf: RegExp): Promise<ServerProcess> => {
  // Some peers check more, and are slower, outside production.
  const env = { ...process.env, NODE_ENV: 'production' };
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  const { stdout } = child;
  if (!stdout) throw new Error(`${name} has no output`);
  let printed = '';
  for (;;) {
    const [text] = (await once(stdout, 'data')) as [Buffer];
    printed += text;
    const port = portOf.exec(printed)?.[1];
    if (port) return { name, port: Number(port), process: child };
  }
};

/** Processor time so far, microseconds; Linux counts in ticks of a hundredth of a second. */
export const cpuUsOf = ({ process: { pid } }: Pick<ServerProcess, 'process'>): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
};

/** Runs a load in a process of its own and returns what it prints. */
export const runLoad = async <T>(args: readonly string[]): Promise<T> => resultOf(args, startLoad(args, 'ignore'));

/** The same beside other work, at whose end the load ends too: its input is then closed. */
export const runBeside = async <T, W>(
  args: readonly string[],
  work: () => Promise<W>,
): Promise<{ readonly result: T; readonly done: W }> => {
  const child = startLoad(args, 'pipe');
  const result = resultOf<T>(args, child);
  const done = await work();
  child.stdin?.end();
  return { result: await result, done };
};

const startLoad = (args: readonly string[], stdin: 'ignore' | 'pipe'): ChildProcess =>
  spawn(process.execPath, args, { stdio: [stdin, 'pipe', 'inherit'] });

const resultOf = async <T>(args: readonly string[], child: ChildProcess): Promise<T> => {
  let printed = '';
  child.stdout?.on('data', (text: Buffer) => {
    printed += text;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`the load ${args.slice(1).join(' ')} ended with ${code}`);
  return JSON.parse(printed) as T;
};
