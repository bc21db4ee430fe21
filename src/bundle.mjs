// Builds `dist`: the program's modules, and the packages that consist of many small ones, in a few files. Node takes about
// half a millisecond to find and load a module, and every command would load some eight hundred of them.

import fs from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';

/** Files that processes and worker threads start with. Their place in `dist` is that of their source. */
const entryPoints = [
  'src/cli.ts',
  'src/main.ts',
  'db/datasets/build/worker.ts',
  'db/datasets/sql/worker.ts',
  'db/segments/reading-thread.ts',
  'db/sqlite/checks/worker.ts',
  'db/sqlite/sql-thread/worker.ts',
  'db/sqlite/reading/read-ahead-worker.ts',
  'src/import-worker.ts',
  'src/reading-worker.ts',
];

/** Files are looked up beside the module that names them; a module's address must not depend on the file that it is in. */
const sourceUrls = {
  name: 'source-urls',
  setup({ onLoad, initialOptions: { absWorkingDir: root } }) {
    onLoad({ filter: /\.ts$/ }, ({ path: file }) => {
      const contents = fs.readFileSync(file, 'utf8');
      if (!contents.includes('import.meta.url')) return undefined;
      const output = path.relative(root, file).split(path.sep).join('/').replace(/\.ts$/, '.js');
      const dist = 'import.meta.url.slice(0, import.meta.url.lastIndexOf("/dist/") + 6)';
      const address = `new URL(${JSON.stringify(output)}, ${dist}).href`;
      return { contents: contents.replaceAll('import.meta.url', address), loader: 'ts' };
    });
  },
};

/**
 * Builds the program, or other files on top of it: each with all it needs, except the dependencies of package.json: these
 * have compiled parts or files of their own, or must be the same instance for all packages that import them, like graphql.
 * Packages that become part of the files are devDependencies: whoever installs the program does not need them. Returns the
 * files it wrote, relative to `root`. Rejects when a file cannot be compiled.
 */
export const bundle = async (root, { files = entryPoints, packages = [] } = {}) => {
  const { dependencies } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: files,
    outbase: '.',
    outdir: 'dist',
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: files === entryPoints,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    sourcemap: true,
    external: [...Object.keys(dependencies), ...packages],
    // Some bundled packages call `require` for modules of Node. Modules may import createRequire under its own name.
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
    },
    plugins: [sourceUrls],
    metafile: true,
    logLevel: 'warning',
  });
  return Object.keys(metafile.outputs);
};
