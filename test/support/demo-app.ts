import { tmpdir } from 'node:os';
import { loadDemo } from '../../src/demo/load.ts';
import { type OpenApp, openApp } from './app.ts';

/** An app that holds the demo world; the caller closes it. */
export const demoApp = async (): Promise<OpenApp> => {
  const opened = await openApp();
  await loadDemo(opened.app.domains, tmpdir());
  return opened;
};
