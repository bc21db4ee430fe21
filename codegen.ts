import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { generate } from '@graphql-codegen/cli';
import { preset } from '@graphql-codegen/client-preset';
import { printSchema } from 'graphql';
import { referencePages } from './docs/reference.ts';
import { schema } from './schema/schema.ts';

const usage = `npm run codegen -- [--check] [--out <folder>] [file.graphql …]

Writes schema/schema.graphql, the pages of docs/reference, and client types and persisted documents of the example
operations and of the given files. With --out it writes only the client types and documents, to that folder.
With --check it writes nothing, names every stale file and exits with 1 when there is one.
`;

const root = fileURLToPath(new URL('.', import.meta.url));
const examples = 'src/graphql/examples/*.graphql';
const clientFolder = 'test/fixtures/clients/generated';

/** The TypeScript types of the scalars in JSON. */
const scalars = {
  BigInt: 'number',
  CellValue: 'string | number | boolean | readonly string[]',
  Cidr: 'string',
  DateTime: 'string',
  // A JavaScript number would be rounded before it is sent.
  Decimal: 'string',
  Duration: 'string',
  File: 'File',
  HeaderLine: "number | 'NONE'",
  IP: 'string',
  Letter: 'string',
  LocalDate: 'string',
  SqlParameters: 'readonly unknown[] | Readonly<Record<string, unknown>>',
  SqlRow: 'Readonly<Record<string, unknown>>',
  TimeZone: 'string',
  URL: 'string',
  UUID: 'string',
  WrittenDateTime: 'string',
  WrittenDecimal: 'string',
};

interface Generated {
  readonly path: string;
  readonly content: string;
}

const clientFiles = async (documents: readonly string[], folder: string): Promise<Generated[]> => {
  const files: { filename: string; content: string }[] = await generate(
    {
      schema: printSchema(schema),
      documents: [...documents],
      generates: {
        [`${folder}/`]: {
          preset,
          presetConfig: { fragmentMasking: false, persistedDocuments: { hashAlgorithm: 'sha256' } },
          config: {
            scalars,
            strictScalars: true,
            enumType: 'string-literal',
            useTypeImports: true,
            importExtension: '.ts',
          },
        },
      },
      silent: true,
    },
    false,
  );
  return files.map(({ filename, content }) => ({ path: filename, content: `${content.trimEnd()}\n` }));
};

/** The files printed from the program itself; they do not depend on the operations. */
const programFiles = (): Generated[] => [
  { path: join(root, 'schema/schema.graphql'), content: `${printSchema(schema)}\n` },
  ...referencePages().map(({ path, content }) => ({ path: join(root, path), content })),
];

const isFresh = async ({ path, content }: Generated): Promise<boolean> =>
  (await readFile(path, 'utf8').catch(() => undefined)) === content;

const run = async (): Promise<number> => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      check: { type: 'boolean', default: false },
      out: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  // graphql-codegen silently ignores a file that does not exist.
  for (const file of positionals) await access(file);
  const clients = await clientFiles([join(root, examples), ...positionals], values.out ?? join(root, clientFolder));
  const files = values.out === undefined ? [...programFiles(), ...clients] : clients;
  const fresh = await Promise.all(files.map(isFresh));
  const stale = files.filter((_file, index) => !fresh[index]);
  if (values.check) {
    for (const { path } of stale) process.stderr.write(`${relative('.', path)} is stale; run npm run codegen\n`);
    return stale.length > 0 ? 1 : 0;
  }
  for (const { path, content } of stale) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }
  process.stdout.write(`${files.length} files, ${stale.length} of them changed\n`);
  return 0;
};

process.exitCode = await run().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  return 1;
});
