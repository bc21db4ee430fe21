import { expect, onTestFinished } from 'vitest';
import { fixture, type OpenApp, openApp } from './app.ts';

/** An app that holds the fixtures, closed at the end of the test. */
export const fixtureApp = async (): Promise<OpenApp> => {
  const opened = await openApp();
  onTestFinished(opened.close);
  const files = [
    ['user-status', 'status-changes.json'],
    ['ip-ranges', 'ip-ranges.json'],
    ['transactions', 'transactions.jsonl'],
  ] as const;
  for (const [target, name] of files)
    expect(await opened.importFile(target, fixture(name))).toMatchObject({ state: 'SUCCEEDED', rejected: 0 });
  return opened;
};

/** The status and the parsed JSON of a response. */
export const statusAndBody = async (response: Response): Promise<{ status: number; body: unknown }> => ({
  status: response.status,
  body: await response.json(),
});
