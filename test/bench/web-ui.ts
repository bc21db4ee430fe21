import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { type BenchmarkOptions, roundsOf } from './options.ts';
import { figure, type Report, type Target } from './report.ts';
import { startServer } from './server-process.ts';

const cli = fileURLToPath(new URL('../../src/cli.js', import.meta.url));

const chromiumPath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';

const scriptBytesMax = 300_000;
const interactiveMsMax = 1500;
const frameMsMax = 100;

/** Six columns, about 60 bytes a row. */
const writeCsv = (path: string, rows: number): void => {
  const file = openSync(path, 'w');
  let text = 'id,name,city,price,day,note\n';
  for (let row = 0; row < rows; row++) {
    text += `${row},name ${row},city ${row % 300},${row % 1000}.25,2024-01-${String(1 + (row % 28)).padStart(2, '0')},note ${row % 7}\n`;
    if (text.length > 1 << 20) {
      writeSync(file, text);
      text = '';
    }
  }
  writeSync(file, text);
  closeSync(file);
};

interface FirstLoad {
  readonly scriptBytes: number;
  /** From the navigation until the figures are on the page. */
  readonly interactiveMs: number;
}

const firstLoad = async (browser: Browser, url: string): Promise<FirstLoad> => {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  let scriptBytes = 0;
  page.on('response', async (response) => {
    if (!response.url().endsWith('.js')) return;
    scriptBytes += Number(response.headers()['content-length'] ?? 0);
  });
  const startMs = performance.now();
  await page.goto(url);
  await page.getByText('Latest imports').waitFor();
  await page.getByRole('heading', { level: 1 }).waitFor();
  const interactiveMs = performance.now() - startMs;
  await context.close();
  return { scriptBytes, interactiveMs };
};

interface Scrolled {
  readonly frames: number;
  readonly slowFrames: number;
  readonly longestMs: number;
  readonly loaded: string;
}

/** Scrolls the table by wheel steps for some seconds, and measures the time between frames. */
const scroll = (page: Page, ms: number): Promise<Scrolled> =>
  page.evaluate<Scrolled>(`(async () => {
    let box = document.querySelector('[role=grid]');
    while (getComputedStyle(box).overflowY !== 'auto') box = box.parentElement;
    const frames = [];
    const started = performance.now();
    let last = started;
    while (last - started < ${ms}) {
      box.scrollTop += 900;
      const now = await new Promise((resolve) => requestAnimationFrame(() => resolve(performance.now())));
      frames.push(now - last);
      last = now;
    }
    return {
      frames: frames.length,
      slowFrames: frames.filter((ms) => ms > ${frameMsMax}).length,
      longestMs: Math.max(...frames),
      loaded: document.body.innerText.match(/[\\d,]+ of [\\d,]+ rows/)?.[0] ?? '',
    };
  })()`);

const target = (what: string, expected: number, found: number, unit: string): Target => ({
  what,
  expected: `at most ${figure(expected)} ${unit}`,
  found: `${figure(found)} ${unit}`,
  reached: found <= expected,
});

const median = (values: readonly number[]): number =>
  [...values].sort((one, two) => one - two)[values.length >> 1] ?? 0;

/** The first page in Chromium on the demo data, and a table of many rows that is scrolled. */
export const benchmarkWebUi = async (options: BenchmarkOptions): Promise<Report> => {
  const { records, folder, smoke } = options;
  const work = join(folder, 'web-ui');
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  writeCsv(join(work, 'rows.csv'), records);
  const args = [cli, 'serve', '--demo', '--data', join(work, 'data'), '--port', '0'];
  const server = await startServer('asof', args, /listening on http:\/\/127\.0\.0\.1:(\d+)/);
  const url = `http://127.0.0.1:${server.port}`;
  const browser = await chromium.launch({
    executablePath: chromiumPath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
    ],
  });
  try {
    const loads: FirstLoad[] = [];
    for (let round = 0; round < roundsOf(options, 5); round++) loads.push(await firstLoad(browser, url));
    const body = await readFile(join(work, 'rows.csv'));
    const imported = await fetch(`${url}/datasets/rows?wait=1`, {
      method: 'PUT',
      body,
      headers: { 'content-type': 'text/csv' },
    });
    if (!imported.ok) throw new Error(`the rows could not be imported: ${await imported.text()}`);
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    await page.goto(`${url}/datasets/rows`);
    await page.getByRole('gridcell', { name: 'name 0', exact: true }).waitFor();
    await page.waitForTimeout(smoke ? 0 : 3000);
    const scrolled = await scroll(page, smoke ? 500 : 10_000);
    const interactiveMs = median(loads.map((load) => load.interactiveMs));
    const scriptBytes = Math.max(...loads.map((load) => load.scriptBytes));
    return {
      name: 'web-ui',
      tables: [
        {
          title: 'THE WEB UI IN CHROMIUM',
          columns: ['what', 'found'],
          rows: [
            ['script of the first page, bytes compressed', scriptBytes],
            ['figures on the first page, ms, median of 5', interactiveMs],
            ['frames while a table is scrolled for 10 s', scrolled.frames],
            ['longest frame, ms', scrolled.longestMs],
            [`frames above ${frameMsMax} ms`, scrolled.slowFrames],
          ],
        },
      ],
      targets: [
        target('script of the first page', scriptBytesMax, scriptBytes, 'bytes'),
        target('figures on the first page', interactiveMsMax, interactiveMs, 'ms'),
        target('longest frame while scrolling', frameMsMax, scrolled.longestMs, 'ms'),
      ],
      notes: [`${records} rows in the table; ${scrolled.loaded} had been loaded at the end`],
    };
  } finally {
    await browser.close();
    server.process.kill();
  }
};
