// Builds the web UI from `src/web/ui` into `dist/web`, each file also compressed: the server compresses nothing at
// requests for it.

import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { build } from 'vite';

const brotli = promisify(zlib.brotliCompress);
const gzip = promisify(zlib.gzip);

/** Below this size a compressed file saves no packet. */
const compressBytesMin = 1024;

/** 11, the best level, would take four times as long for 3 % less. */
const brotliOptions = { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 10 } };

const compress = async (file) => {
  const content = fs.readFileSync(file);
  if (content.length < compressBytesMin || !/\.(?:js|css|html|svg|json)$/.test(file)) return;
  const [br, gz] = await Promise.all([brotli(content, brotliOptions), gzip(content, { level: 9 })]);
  fs.writeFileSync(`${file}.br`, br);
  fs.writeFileSync(`${file}.gz`, gz);
};

/** Rejects when a file cannot be compiled. */
export const bundleUi = async (root) => {
  const source = path.join(root, 'src/web/ui');
  const out = path.join(root, 'dist/web');
  // Vitest and some hosts set another one: React would then be its slower build for developers.
  process.env.NODE_ENV = 'production';
  await build({ configFile: path.join(source, 'vite.config.ts'), logLevel: 'warn' });
  fs.copyFileSync(path.join(source, 'generated/persisted-documents.json'), path.join(out, 'documents.json'));
  const files = fs.readdirSync(out, { recursive: true }).map((name) => path.join(out, name));
  await Promise.all(files.filter((file) => fs.statSync(file).isFile()).map(compress));
};
