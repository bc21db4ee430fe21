import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runPage } from '../support/docs/run-page.ts';
import { root } from '../support/modules.ts';

const pages = ['README.md', ...readdirSync(join(root, 'docs/operations')).map((name) => `docs/operations/${name}`)];

it.each(pages)('runs every block of %s and gets the output that the page shows', { timeout: 180_000 }, async (page) => {
  expect(await runPage(page)).toEqual([]);
});
