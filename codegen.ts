import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { printSchema } from 'graphql';
import { schemaOfMigrations } from './db/sqlite/file/migrations.ts';
import { referencePages } from './docs/reference.ts';
import { schema } from './schema/schema.ts';
import { generateClient } from './src/codegen/generate.ts';
import { findFiles, readDocuments } from './src/codegen/read-documents.ts';

const usage = `npm run codegen -- [--check]

Writes schema/schema.graphql, db/newest-schema.json, the pages of docs/reference, and the clients of the operations of
GraphiQL and of the examples. With --check it writes nothing, names every stale file and exits with 1 when there is one. For your own
operations there is asof codegen.
`;

const root = fileURLToPath(new URL('.', import.meta.url));

/** Documents of this repository, the folder of what is generated from them, and the files that it needs; default: all. */
interface Client {
  readonly documents: string;
  readonly out: string;
  readonly only?: readonly string[];
}

const clients: readonly Client[] = [
  {
    documents: 'src/web/ui/**/*.graphql',
    out: 'src/web/ui/generated',
    only: ['graphql.ts', 'document-ids.ts', 'persisted-documents.json'],
  },
  {
    documents: 'src/graphql/examples/*.graphql',
    out: 'test/fixtures/clients/generated',
    only: ['graphql.ts', 'persisted-documents.json'],
  },
  { documents: 'examples/client-urql/src/*.graphql', out: 'examples/client-urql/src/generated' },
  { documents: 'examples/client-apollo/src/*.graphql', out: 'examples/client-apollo/src/generated' },
];

interface Generated {
  readonly path: string;
  readonly content: string;
}

const clientFiles = async ({ documents: pattern, out, only }: Client): Promise<Generated[]> => {
  const { documents, problems } = await readDocuments(await findFiles([pattern]));
  const generated = problems.length > 0 ? { problems } : await generateClient(schema, documents);
  if ('problems' in generated) throw new Error(generated.problems.join('\n'));
  const files = generated.files.filter(({ name }) => only?.includes(name) ?? true);
  return files.map(({ name, content }) => ({ path: join(root, out, name), content }));
};

/** The files printed from the program itself; they do not depend on the operations. */
const programFiles = (): Generated[] => [
  { path: join(root, 'schema/schema.graphql'), content: `${printSchema(schema)}\n` },
  { path: join(root, 'db/newest-schema.json'), content: `${JSON.stringify(schemaOfMigrations(), null, 2)}\n` },
  ...referencePages().map(({ path, content }) => ({ path: join(root, path), content })),
];

const isFresh = async ({ path, content }: Generated): Promise<boolean> =>
  (await readFile(path, 'utf8').catch(() => undefined)) === content;

const run = async (): Promise<number> => {
  const { values } = parseArgs({
    options: { check: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const files = [...programFiles(), ...(await Promise.all(clients.map(clientFiles))).flat()];
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
