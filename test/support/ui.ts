import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import axe from 'axe-core';
import { pino } from 'pino';
import { type Browser, type BrowserContext, chromium, type Locator, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import { loadDemo } from '../../src/demo/load.ts';
import { type HttpServer, openServer } from '../../src/http/server.ts';
import { uiFolder } from '../../src/web/ui-files.ts';
import { type OpenApp, type OpenOptions, openApp } from './app.ts';
import { browserOptions } from './browser.ts';

/** The widths at which each page must work, pixels: a desk and a phone. */
const widths = [1440, 390] as const;

export interface PageOptions {
  /** Pixels; default 1440. */
  readonly width?: number;
  /** Default 900. */
  readonly height?: number;
  readonly theme?: 'light' | 'dark';
  /** Signs in with this API key before the first page loads. */
  readonly apiKey?: string;
  /** Errors of the console that a test causes on purpose, such as those of a refused request. */
  readonly expectedErrors?: RegExp;
}

export interface UiServer {
  /** The app behind the server, for figures to compare with. */
  readonly opened: OpenApp;
  readonly url: string;
  /**
   * A page in a browser session of its own, as of another person, until the end of the test. The test fails for errors in
   * the console, faults of the page's code, and requests to other hosts.
   */
  open(path: string, options?: PageOptions): Promise<Page>;
  /** Stops the server as an operator does; the returned function starts it again at its address. */
  outage(): Promise<() => Promise<void>>;
  /** Data of a query that must succeed. */
  data<Data>(document: string, variables?: Record<string, unknown>): Promise<Data>;
}

export interface UiOptions extends OpenOptions {
  /** Loads the demo data. Default: an empty server. */
  readonly demo?: boolean;
  /** Called before the first test. */
  prepare?(opened: OpenApp): Promise<void>;
}

/** What must not happen in a page, from now on. */
const watch = (page: Page, url: string, expected: RegExp | undefined): string[] => {
  const complaints: string[] = [];
  page.on('console', (message) => {
    const text = `${message.text()} ${message.location().url}`;
    if (message.type() === 'error' && expected?.test(text) !== true) complaints.push(`console: ${text}`);
  });
  page.on('pageerror', (error) => void complaints.push(`page error: ${error.stack ?? error.message}`));
  page.on('request', (request) => {
    if (!request.url().startsWith(url) && !/^(blob|data):/.test(request.url()))
      complaints.push(`request to another host: ${request.url()}`);
  });
  return complaints;
};

/** Of the server, and nothing but text: a page that waits here runs no code. */
const waitingPath = '/healthz';

/**
 * Pages that tests have left, each in a session of its own. A page that opens the next address reuses the scripts that its
 * process has compiled, which takes less than half of the time that a new process takes.
 */
class IdlePages {
  readonly #browser: Browser;
  readonly #url: string;
  readonly #idle: Page[] = [];

  constructor(browser: Browser, url: string) {
    this.#browser = browser;
    this.#url = url;
  }

  async take({ width = 1440, height = 900, theme = 'light', apiKey }: PageOptions): Promise<Page> {
    // What a session holds before its first page cannot be taken from it.
    const idle = apiKey === undefined ? this.#idle.pop() : undefined;
    const page = idle ?? (await newPage(this.#browser, apiKey));
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    return page;
  }

  async giveBack(page: Page, { apiKey }: PageOptions): Promise<void> {
    if (apiKey !== undefined || page.isClosed()) return page.context().close();
    page.removeAllListeners();
    await page.evaluate('sessionStorage.clear(); localStorage.clear()');
    await page.goto(this.#url + waitingPath);
    await page.mouse.move(0, 0);
    this.#idle.push(page);
  }
}

/** The key of the session storage in which the UI keeps an API key. */
const storageKey = 'asof.apiKey';

const newPage = async (browser: Browser, apiKey: string | undefined): Promise<Page> => {
  const context = await browser.newContext({
    locale: 'en-US',
    timezoneId: 'Europe/Berlin',
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  if (apiKey !== undefined) await signIn(context, apiKey);
  const page = await context.newPage();
  // Machines that run CI may be slow or busy.
  page.setDefaultTimeout(60_000);
  return page;
};

const signIn = (context: BrowserContext, apiKey: string) =>
  context.addInitScript(([name, value]) => sessionStorage.setItem(name as string, value as string), [
    storageKey,
    apiKey,
  ] as const);

const serve = ({ app }: OpenApp, port: number): Promise<HttpServer> =>
  openServer(app.fetch, {
    ...{ host: '127.0.0.1', port, log: pino({ level: 'silent' }) },
    // Streams of events have no end: nobody should wait for it.
    ...{ compressBytesMin: 1000, stopWaitMs: 0 },
  });

/**
 * A server with the built UI and a browser for the tests of a file or `describe`, both closed after the last of them. Call
 * it where `beforeAll` may be called.
 */
export const uiServer = (options: UiOptions = {}): UiServer => {
  let opened: OpenApp | undefined;
  let server: HttpServer | undefined;
  let browser: Browser | undefined;
  let pages: IdlePages | undefined;
  beforeAll(async () => {
    opened = await openApp({ ui: uiFolder(), ...options });
    if (options.demo) await loadDemo(opened.app.domains, tmpdir());
    await options.prepare?.(opened);
    server = await serve(opened, 0);
    browser = await chromium.launch(browserOptions);
    pages = new IdlePages(browser, server.url);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    await opened?.close();
  });
  const started = <Value>(value: Value | undefined): Value => {
    if (value === undefined) throw new Error('uiServer has not started: use it in tests only');
    return value;
  };
  return {
    get opened() {
      return started(opened);
    },
    get url() {
      return started(server).url;
    },
    async open(path, pageOptions = {}) {
      const page = await started(pages).take(pageOptions);
      const complaints = watch(page, started(server).url, pageOptions.expectedErrors);
      onTestFinished(async () => {
        await started(pages).giveBack(page, pageOptions);
        expect(complaints, 'what went wrong in the browser').toEqual([]);
      });
      await page.goto(started(server).url + path);
      return page;
    },
    async outage() {
      const port = Number(new URL(started(server).url).port);
      await server?.stop();
      return async () => {
        server = await serve(started(opened), port);
      };
    },
    async data<Data>(document: string, variables?: Record<string, unknown>) {
      const { data, errors } = await started(opened).query<Data>(document, variables);
      expect(errors).toBeUndefined();
      return data as Data;
    },
  };
};

interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly impact: string;
    readonly help: string;
    readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
  }[];
}

interface Axe {
  /** All rules are run; details of those that hold are left out, which takes two thirds of the time. */
  run(options: {
    readonly resultTypes: readonly ['violations'];
    readonly runOnly?: readonly string[];
  }): Promise<AxeResult>;
}

/** Where pictures of pages are kept for people to look at; CI keeps them. Ignored by git. */
const screenshotFolder = fileURLToPath(new URL('../../coverage/screenshots/', import.meta.url));

/** How many transitions and animations that will end the page has. */
const movements =
  'document.getAnimations().filter(({ playState, effect }) => playState === "running" && effect.getComputedTiming().iterations !== Infinity).length';

/** Keeps a picture of the page under the name of the test. Nothing compares it. */
const keepScreenshot = async (page: Page): Promise<void> => {
  const { currentTestName = 'page' } = expect.getState();
  const width = page.viewportSize()?.width ?? 0;
  const theme = await page.evaluate<string>("document.documentElement.dataset.mantineColorScheme ?? ''");
  const name = `${new URL(page.url()).pathname} ${currentTestName} ${width} ${theme}`.replace(/[^a-z0-9]+/gi, '-');
  await page.screenshot({ path: join(screenshotFolder, `${name.slice(0, 180)}.png`) });
};

/**
 * Expects that axe finds nothing serious or critical on the page as it is, by all of its rules or some, and keeps a picture
 * of it.
 */
export const expectAccessible = async (page: Page, rules?: readonly string[]): Promise<void> => {
  // A colour between two themes has the contrast of neither.
  await expect.poll(() => page.evaluate<number>(movements)).toBe(0);
  await keepScreenshot(page);
  // Through the debugger, to which the content security policy does not apply.
  if (!(await page.evaluate<boolean>("'axe' in globalThis"))) await page.evaluate(axe.source);
  const { violations } = await page.evaluate((options) => (globalThis as unknown as { axe: Axe }).axe.run(options), {
    resultTypes: ['violations'],
    ...(rules ? { runOnly: rules } : {}),
  } as const);
  const findings = violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, help, nodes }) =>
        `${id}: ${help}\n${nodes.map(({ html, failureSummary }) => `  ${html}\n  ${failureSummary}`).join('\n')}`,
    );
  expect(findings).toEqual([]);
};

/** Expects that the page is no wider than the window: tables scroll inside of their own box. */
export const expectFits = async (page: Page): Promise<void> => {
  const excess = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
  expect(excess, 'pixels by which the page is wider than the window').toBe(0);
};

/**
 * Expects that the page as it is fits and is accessible at each width, in light and in dark. It is not loaded again: the
 * page follows the window and the system. Of the rules of axe only that of contrast depends on the theme.
 */
export const expectEveryScreen = async (page: Page): Promise<void> => {
  for (const width of widths) {
    await page.setViewportSize({ width, height: 900 });
    for (const theme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
      await page.locator(`html[data-mantine-color-scheme="${theme}"]`).waitFor();
      // What loads anew for another width is there.
      await expect.poll(() => page.locator('main [aria-busy="true"]').count()).toBe(0);
      await expectFits(page);
      await expectAccessible(page, theme === 'light' ? undefined : ['color-contrast']);
    }
  }
};

/** The first cell of the first row of the table in a part of a page. A click opens the row. */
export const firstRow = (part: Locator): Locator => part.getByRole('grid').locator('tr[data-index="0"] > td').first();

/** The text that a page has copied. */
export const copiedText = (page: Page): Promise<string> => page.evaluate<string>('navigator.clipboard.readText()');

/** Presses Tab until the element with the accessible name has the focus, as a person without a mouse does. */
export const tabTo = async (page: Page, name: string | RegExp, limit = 80): Promise<void> => {
  for (let presses = 0; presses < limit; presses += 1) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate<string>(
      `(() => { const e = document.activeElement; return e?.getAttribute('aria-label') ?? (e?.labels?.[0]?.textContent || e?.textContent) ?? ''; })()`,
    );
    if (typeof name === 'string' ? focused.trim() === name : name.test(focused.trim())) return;
  }
  throw new Error(`no element named ${name} within ${limit} presses of Tab`);
};
