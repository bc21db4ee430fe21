import { onTestFinished } from 'vitest';
import { createRandom } from '../../src/demo/random.ts';
import { type OpenApp, type OpenOptions, openApp } from './app.ts';

/** An event in the wire format, without the fields that have a default here. */
export interface ScenarioEvent {
  readonly user_id: string;
  readonly version: string;
  readonly date: string;
  readonly [field: string]: unknown;
}

export interface ScenarioMonitor {
  readonly experiment: { readonly key: string };
  readonly verdict: string;
  readonly excludedUserCount: number;
  readonly returningUserCount: number;
  readonly outsideEventCount: number;
  readonly deployment: readonly { country: string; variant: string; eventCount: number; userCount: number }[];
  readonly checks: readonly {
    readonly __typename: string;
    readonly verdict: string;
    readonly message: string;
    readonly country: string | null;
    readonly kind?: string;
    readonly count?: number;
    readonly examples?: readonly string[];
    readonly observed?: readonly { variant: string; users: number; expected: number }[];
    readonly pValue?: number | null;
    readonly sequentialPValue?: number | null;
  }[];
}

const fields = `experiment { key } verdict excludedUserCount returningUserCount outsideEventCount
  deployment { country variant eventCount userCount }
  checks { __typename verdict message country
    ... on SampleRatioTest { observed { variant users expected } pValue sequentialPValue }
    ... on DeploymentGap { gap: kind variant }
    ... on DataCheck { kind count examples } }`;

const saveDocument = `mutation ($input: SaveExperimentInput!) { saveExperiment(input: $input) {
  ... on SaveExperimentPayload { movedEventCount experiment { key startedAt endedAt markets allocation { variant weight }
    phases { from to markets allocation { variant weight } allocationByMarket { country allocation { variant weight } } } } }
  ... on Error { message }
} }`;

export const shares = (weights: Readonly<Record<string, number>>) =>
  Object.entries(weights).map(([variant, weight], index) => ({ variant, weight, isControl: index === 0 }));

/** An instant some minutes after the start of 2026. */
export const minute = (minutes: number): string =>
  new Date(Date.UTC(2026, 0, 1) + minutes * 60_000).toISOString().replace('.000Z', 'Z');

export const line = (event: ScenarioEvent): string =>
  JSON.stringify({ account_type: 'free', event_type: 'view', order_value: null, ...event });

/** An application with the calls that experiments need, at the time `now`. */
export const openScenario = async (
  settings: Readonly<Record<string, string>> = {},
  options: Pick<OpenOptions, 'data' | 'onStatement'> = {},
) => {
  const opened = await openApp({ settings: { now: '2026-03-01T00:00:00Z', ...settings }, ...options });
  onTestFinished(opened.close);
  return { ...opened, ...scenarioOf(opened) };
};

/** The calls that experiments need, on an application that is open. */
export const scenarioOf = ({ query, get, importFile }: OpenApp) => ({
  save: async (input: object) => {
    const { data, errors } = await query<{ saveExperiment: Record<string, unknown> }>(saveDocument, { input });
    if (errors || !data) throw new Error(JSON.stringify(errors));
    return data.saveExperiment as {
      movedEventCount: number;
      message?: string;
      experiment: { startedAt: string | null; allocation: object[]; phases: Record<string, unknown>[] };
    };
  },
  /** Sends events as JSON Lines in one request. */
  send: async (events: readonly ScenarioEvent[]): Promise<void> => {
    const response = await get('/events?summary=1', { method: 'POST', body: events.map(line).join('\n') });
    const counts = (await response.json()) as { created?: number };
    if (counts.created !== events.length) throw new Error(`not all events were created: ${JSON.stringify(counts)}`);
  },
  /** Imports events as a CSV file. */
  importEvents: async (name: string, events: readonly ScenarioEvent[]): Promise<void> => {
    const columns = ['user_id', 'account_type', 'date', 'event_type', 'order_value', 'version', 'experiment'];
    const rows = events.map((event) => {
      const row: Record<string, unknown> = { account_type: 'free', event_type: 'view', order_value: '', ...event };
      return columns.map((column) => row[column] ?? '').join(',');
    });
    const { state } = await importFile('events', { name, text: [columns.join(','), ...rows, ''].join('\n') });
    if (state !== 'SUCCEEDED') throw new Error(`the import ended as ${state}`);
  },
  monitor: async (args = ''): Promise<ScenarioMonitor> => {
    const { data, errors } = await query<{ monitor: ScenarioMonitor }>(
      `{ monitor${args === '' ? '' : `(${args})`} { ${fields} } }`,
    );
    if (errors || !data) throw new Error(JSON.stringify(errors));
    return data.monitor;
  },
});

/** Users who are each first seen a minute after the one before, in variants drawn with weights. */
export const drawUsers = (
  seed: number,
  {
    count,
    from,
    weights,
    prefix,
  }: { count: number; from: number; weights: Readonly<Record<string, number>>; prefix: string },
): ScenarioEvent[] => {
  const random = createRandom(seed);
  const names = Object.keys(weights);
  return Array.from({ length: count }, (_, index) => ({
    user_id: `${prefix}${index}`,
    version: names[random.weighted(Object.values(weights))] as string,
    date: minute(from + index),
  }));
};

export const splitOf = ({ checks }: ScenarioMonitor, country: string | null = null) =>
  checks.find((check) => check.__typename === 'SampleRatioTest' && check.country === country);

export const dataCheckOf = ({ checks }: ScenarioMonitor, kind: string) => checks.find((check) => check.kind === kind);
