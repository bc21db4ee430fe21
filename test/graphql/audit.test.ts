import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenApp, openApp, origin } from '../support/app.ts';

let opened: OpenApp;

beforeAll(async () => {
  opened = await openApp();
});

afterAll(() => opened.close());

const audits = serverAudits({
  url: `${origin}/graphql`,
  fetchFn: (url: string, init?: RequestInit) => opened.app.fetch(new Request(url, init)),
});

describe('GraphQL over HTTP, as graphql-http audits it', () => {
  it('the audit suite has the expected number of audits', () => expect(audits).toHaveLength(61));

  it.each(audits)('$id: $name', async ({ fn }) => {
    const result = await fn();
    expect(result.status, 'reason' in result ? result.reason : '').toBe('ok');
  });
});
