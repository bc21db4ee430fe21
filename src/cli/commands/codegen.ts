import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Option } from 'commander';
import type { GeneratedFile } from '../../codegen/generate.ts';
import type { Command } from '../command.ts';
import { type ExitCode, exitProblems, exitSuccess } from '../exit.ts';
import type { Terminal } from '../terminal.ts';

interface Options {
  readonly documents: readonly string[];
  readonly out: string;
  readonly url?: string;
  readonly key?: string;
  readonly check?: true;
  readonly watch?: true;
}

/** Interval of looking for changed files, milliseconds. Polled, because not every file system reports changes. */
const watchMs = 500;

const examples = `
Examples:
  asof codegen --documents 'src/**/*.graphql' --out src/generated
  asof codegen --documents 'src/**/*.graphql' --out src/generated --url http://127.0.0.1:4000 --watch

Files: graphql.ts (types and typed documents), document-ids.ts, persisted-documents.json and
persisted-query-manifest.json (for --documents of a server), possible-types.ts (Apollo), graphcache.ts and schema.json
(urql). With --check nothing is written, and the exit code is 1 when a file is stale. It is 1 as well when a document
does not fit the schema: its file, line and column are printed.`;

/** `asof codegen`: writes TypeScript types, documents and cache settings for the operations of a client. */
export const codegenCommand: Command = {
  declare: (program) =>
    program
      .command('codegen')
      .summary('Generate a typed client from GraphQL documents.')
      .description(
        'Generate TypeScript types, typed documents, the list of persisted documents and the settings of caches from ' +
          '.graphql files. The schema is that of this program, or that of a running server with --url.',
      )
      .requiredOption('--documents <pattern...>', 'files of operations and fragments, as paths or quoted patterns')
      .requiredOption('--out <dir>', 'folder of the generated files')
      .option('--url <url>', 'running server whose schema is used')
      .addOption(new Option('--key <key>', 'API key for --url').env('ASOF_KEY'))
      .addOption(new Option('--check', 'write nothing; exit with 1 when a file is stale').conflicts('watch'))
      .option('--watch', 'generate again when a file changes, until Ctrl+C')
      .addHelpText('after', examples),
  async run(invoked, terminal) {
    const options = invoked.opts<Options>();
    return options.watch ? watch(options, terminal) : runOnce(options, terminal);
  },
};

const runOnce = async (options: Options, terminal: Terminal): Promise<ExitCode> => {
  const files = await generate(options, terminal);
  if (files === null) return exitProblems;
  const fresh = await Promise.all(files.map((file) => isFresh(file, options.out)));
  const stale = files.filter((_file, index) => !fresh[index]);
  if (options.check) {
    for (const { name } of stale) terminal.printError(`${join(options.out, name)} is stale; run asof codegen`);
    return stale.length > 0 ? exitProblems : exitSuccess;
  }
  await mkdir(options.out, { recursive: true });
  for (const { name, content } of stale) await writeFile(join(options.out, name), content);
  await terminal.print(`${files.length} files, ${stale.length} of them changed`);
  return exitSuccess;
};

const isFresh = async ({ name, content }: GeneratedFile, folder: string): Promise<boolean> =>
  (await readFile(join(folder, name), 'utf8').catch(() => null)) === content;

/** The generated files; null after it printed what is wrong with the documents. */
const generate = async (
  { documents: patterns, url, key }: Options,
  terminal: Terminal,
): Promise<readonly GeneratedFile[] | null> => {
  // Other commands do not wait for them to load.
  const { findFiles, readDocuments } = await import('../../codegen/read-documents.ts');
  const { builtInSchema, serverSchema } = await import('../../codegen/read-schema.ts');
  const { generateClient } = await import('../../codegen/generate.ts');
  const { documents, problems } = await readDocuments(await findFiles(patterns));
  const schema = url === undefined ? builtInSchema() : await serverSchema(url, key);
  const generated = problems.length > 0 ? { problems } : await generateClient(schema, documents);
  if ('files' in generated) return generated.files;
  for (const problem of generated.problems) terminal.printError(problem);
  return null;
};

/** Generates when the files differ from those before. A fault is printed, and the next change may cure it. */
const watch = async (options: Options, terminal: Terminal): Promise<ExitCode> => {
  let isStopped = false;
  const stopped = terminal.untilStopped().then(() => {
    isStopped = true;
  });
  let before: string | undefined;
  while (!isStopped) {
    const now = await fingerprintOf(options.documents);
    if (now !== before) {
      before = now;
      await runOnce(options, terminal).catch((error: unknown) => {
        if (!(error instanceof Error)) throw error;
        terminal.printError(`asof: ${error.message}`);
      });
    }
    await Promise.race([stopped, delay(watchMs)]);
  }
  return exitSuccess;
};

const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Differs when a file was added, removed or written. */
const fingerprintOf = async (patterns: readonly string[]): Promise<string> => {
  const { findFiles } = await import('../../codegen/read-documents.ts');
  const files = await findFiles(patterns).catch(() => []);
  const states = await Promise.all(
    files.map((file) =>
      stat(file).then(
        ({ mtimeMs, size, ino }) => `${file} ${mtimeMs} ${size} ${ino}`,
        () => `${file} gone`,
      ),
    ),
  );
  return states.join('\n');
};
