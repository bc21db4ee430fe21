import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { root } from '../modules.ts';

/** The address in the pages. The servers actually listen on a free port. */
const documentedHost = '127.0.0.1:4000';

const waitMs = 90_000;

/** Settings in the environment of the machine must not change the output of a page. */
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ASOF_')));

/**
 * One shell for all blocks of a page, so that variables last. It starts in a folder that holds nothing but links to
 * `examples`, `node_modules` and `package.json`; `npm run` there runs the scripts without installing or building.
 */
export class PageShell {
  readonly folder: string;
  readonly #scratch: string;
  readonly #shell: ChildProcess;
  #serverHost: string | null = null;
  #blocks = 0;

  private constructor(folder: string, scratch: string) {
    this.folder = folder;
    this.#scratch = scratch;
    this.#shell = spawn('bash', ['--noprofile', '--norc'], {
      cwd: folder,
      env: {
        ...environment,
        PATH: `${join(scratch, 'bin')}:${process.env.PATH}`,
        ASOF_PORT: '0',
        ASOF_STOP_DELAY_MS: '0',
      },
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    // Job control gives each server a process group of its own, which is ended as a whole.
    this.#shell.stdin?.write('set -m\n');
  }

  static async open(): Promise<PageShell> {
    const base = await mkdtemp(join(tmpdir(), 'asof-docs-'));
    const [folder, scratch] = [join(base, 'page'), join(base, 'scratch')];
    await mkdir(folder);
    await mkdir(join(scratch, 'bin'), { recursive: true });
    for (const name of ['examples', 'node_modules', 'package.json'])
      await symlink(join(root, name), join(folder, name));
    for (const [name, text] of Object.entries(await programs())) {
      await writeFile(join(scratch, 'bin', name), text);
      await chmod(join(scratch, 'bin', name), 0o755);
    }
    return new PageShell(folder, scratch);
  }

  /** The address of the running server. Throws when the page has started none. */
  get serverUrl(): string {
    if (this.#serverHost === null) throw new Error('the page has started no server');
    return `http://${this.#serverHost}`;
  }

  /** Runs a block to its end and returns its stdout. Throws when one of its commands fails. */
  async run(text: string): Promise<string> {
    const name = await this.#script(`set -e\n${text}`);
    this.#shell.stdin?.write(`(exit 0); . ${name}; set +e; echo $? >${name}.code\n`);
    // The shell exits at a failing command and writes no code.
    const listening = new AbortController();
    const ended = once(this.#shell, 'exit', { signal: listening.signal }).then(
      () => 'failed',
      () => 'no longer needed',
    );
    const code = await Promise.race([this.#written(`${name}.code`), ended]).finally(() => listening.abort());
    if (code.trim() !== '0') throw new Error(`a command failed:\n${await readOutput(name)}`);
    return this.documented(await readFile(`${name}.out`, 'utf8'));
  }

  /** Starts the server of a block, waits until it is ready and returns its output. */
  async serve(text: string): Promise<string> {
    if (this.#serverHost !== null) throw new Error('a server runs already: the page must say to stop it first');
    const name = await this.#script(text);
    this.#shell.stdin?.write(`(. ${name}) & server=$!\n`);
    const deadline = Date.now() + waitMs;
    while (Date.now() < deadline) {
      const output = await readFile(`${name}.out`, 'utf8').catch(() => '');
      const host = /^listening on http:\/\/(\S+)\n/m.exec(output)?.[1];
      if (host) {
        this.#serverHost = host;
        return this.documented(output);
      }
      await delay(20);
    }
    throw new Error(`the server did not start:\n${await readOutput(name)}`);
  }

  /** Stops the server as Ctrl+C does, and waits for its end. */
  async stopServer(): Promise<void> {
    if (this.#serverHost === null) throw new Error('the page has started no server');
    this.#serverHost = null;
    const name = join(this.#scratch, `stopped-${this.#blocks++}`);
    this.#shell.stdin?.write(`kill -INT -- -$server; wait $server; echo stopped >${name}\n`);
    await this.#written(name);
  }

  async close(): Promise<void> {
    if (this.#serverHost !== null && this.#shell.exitCode === null) await this.stopServer();
    const ended = this.#shell.exitCode === null ? once(this.#shell, 'exit') : undefined;
    this.#shell.stdin?.end();
    await ended;
    await rm(join(this.folder, '..'), { recursive: true, force: true });
  }

  /** A file with the text of a block, which sends its output to files beside it. */
  async #script(text: string): Promise<string> {
    const name = join(this.#scratch, `block-${this.#blocks++}`);
    const real = this.#serverHost === null ? text : text.replaceAll(documentedHost, this.#serverHost);
    await writeFile(name, `{\n${real}\n} >${name}.out 2>${name}.err </dev/null\n`);
    return name;
  }

  /** The output as the page shows it: with the documented port. */
  documented(output: string): string {
    return this.#serverHost === null ? output : output.replaceAll(this.#serverHost, documentedHost);
  }

  async #written(path: string): Promise<string> {
    const deadline = Date.now() + waitMs;
    while (Date.now() < deadline) {
      const text = await readFile(path, 'utf8').catch(() => '');
      if (text.endsWith('\n')) return text;
      await delay(10);
    }
    throw new Error(`a block took longer than ${waitMs / 1000} s`);
  }
}

/** The stdout and stderr of a block. */
const readOutput = async (name: string): Promise<string> =>
  (await Promise.all([`${name}.out`, `${name}.err`].map((path) => readFile(path, 'utf8').catch(() => '')))).join('');

/** `npm` and `npx` as pages use them: the scripts of package.json in the current folder, nothing installed or built. */
const programs = async (): Promise<Record<string, string>> => {
  const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const cases = Object.entries(scripts).map(([name, script]) => {
    const [program = '', ...args] = (script.split('&&').at(-1) ?? '').trim().split(' ');
    const absolute = args.map((arg) => (/\.(js|ts|mjs)$/.test(arg) ? join(root, arg) : arg));
    const command = [program === 'node' ? process.execPath : join(root, 'node_modules/.bin', program), ...absolute];
    return `${name}) exec ${command.map((word) => `'${word}'`).join(' ')} "$@" ;;`;
  });
  return {
    npm: `#!/usr/bin/env bash
[ "$1" = run ] && shift
[ "$1" = -s ] && shift
script=$1; shift
[ "$1" = -- ] && shift
case $script in
${cases.join('\n')}
*) echo "package.json has no script $script" >&2; exit 1 ;;
esac
`,
    npx: `#!/usr/bin/env bash\nprogram=$1; shift\nexec '${join(root, 'node_modules/.bin')}'/"$program" "$@"\n`,
  };
};
