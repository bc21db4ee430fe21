import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { root } from '../modules.ts';
import { jsonMatches, textMatches } from './matches.ts';
import { type Block, stepsOf } from './page.ts';
import { PageShell } from './shell.ts';

/** A block whose output differs from what its command prints. */
export interface Difference {
  readonly line: number;
  readonly expected: string;
  readonly actual: string;
}

/**
 * Runs all blocks of a page in order, starting from an empty folder, and returns the differences between the output that
 * the page shows and the output there is. Throws when a block cannot be run.
 */
export const runPage = async (path: string): Promise<Difference[]> => {
  const shell = await PageShell.open();
  const differences: Difference[] = [];
  let output: string | null = null;
  try {
    for (const step of stepsOf(await readFile(join(root, path), 'utf8'))) {
      if (step.kind === 'stop') await shell.stopServer();
      else if (step.notRun === null) {
        const result: Result = await runBlock(step, shell, output).catch((error: unknown) => {
          throw new Error(`${path}:${step.line}: ${error instanceof Error ? error.message : String(error)}`);
        });
        output = result.output;
        if (result.expected !== undefined && !matchesBlock(step, result.expected))
          differences.push({ line: step.line, expected: step.text, actual: result.expected });
      }
    }
  } finally {
    await shell.close();
  }
  return differences;
};

interface Result {
  /** The output that a following block may show. */
  readonly output: string | null;
  /** The output that this block should show. */
  readonly expected?: string;
}

const runBlock = async (block: Block, shell: PageShell, output: string | null): Promise<Result> => {
  const { language, file, text } = block;
  if (file !== null) return showOrWrite(block, shell, file);
  if (language === 'sh') return { output: await (startsServer(text) ? shell.serve(text) : shell.run(text)) };
  if (language === 'graphql') return { output: shell.documented(await post(shell.serverUrl, text)) };
  if (language !== 'json' && language !== 'text' && language !== 'csv')
    throw new Error(`a block of ${language} needs the name of a file after the language`);
  if (output === null) throw new Error('no command precedes this output');
  return { output: null, expected: output };
};

/** Those of a client in a project of its own. */
const compilerOptions =
  '--noEmit --strict --skipLibCheck --target es2023 --module nodenext --allowImportingTsExtensions --types node';

/** A block that names a file shows it when it ships with the project, and writes it otherwise. TypeScript is checked. */
const showOrWrite = async ({ language, text }: Block, shell: PageShell, file: string): Promise<Result> => {
  const path = join(shell.folder, file);
  if (file.startsWith('examples/')) return { output: null, expected: await readFile(path, 'utf8') };
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${text}\n`);
  if (language === 'ts') await shell.run(`npx tsc ${compilerOptions} ${file}`);
  return { output: null };
};

/** A server runs until it is stopped; one that is expected to refuse to start has an alternative after `||`. */
const startsServer = (text: string): boolean => /npm start|asof -- serve/.test(text) && !text.includes('||');

const post = async (url: string, query: string): Promise<string> => {
  const headers = { 'content-type': 'application/json', accept: 'application/json' };
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) });
  return response.text();
};

const matchesBlock = ({ language, text, file }: Block, actual: string): boolean => {
  if (language !== 'json' || file !== null) return textMatches(text, actual);
  try {
    return jsonMatches(JSON.parse(text), JSON.parse(actual));
  } catch {
    return false;
  }
};
