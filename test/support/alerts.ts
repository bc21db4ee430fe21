import { expect, onTestFinished } from 'vitest';
import { type OpenApp, type OpenOptions, openApp } from './app.ts';
import { sendEvents } from './events.ts';
import { type HookServer, hookServer } from './hook-server.ts';

export const eventually = <T>(read: () => T) => expect.poll(read, { interval: 10 });

/** Settings with which alerts are judged and retried within milliseconds. */
export const fastAlerts = { alertEveryMs: '20', alertIdleMs: '20', alertRetryMs: '20' };

export interface AlertApp extends OpenApp {
  readonly hook: HookServer;
  /** Adds an alert to the hook; returns its secret. Fields of AddAlertInput besides `url`, such as `when: IMPORT_FAILED`. */
  add(fields: string): Promise<{ readonly id: string; readonly secret: string | null }>;
  /** All deliveries, the oldest first. */
  deliveries(): Promise<Delivery[]>;
}

export interface Delivery {
  readonly messageId: string;
  readonly event: string;
  readonly subject: string;
  readonly state: string;
  readonly attemptCount: number;
  readonly responseStatus: number | null;
  readonly lastError: string | null;
  readonly payload: string;
  readonly attempts: readonly {
    readonly number: number;
    readonly responseStatus: number | null;
    readonly error: string | null;
  }[];
}

const deliveriesQuery = `{ alertDeliveries(first: 100) { nodes { messageId event subject state attemptCount responseStatus lastError
  payload attempts { number responseStatus error } } } }`;

/** An app with a hook that it may send to. */
export const alertApp = async (options: OpenOptions = {}): Promise<AlertApp> => {
  const hook = await hookServer();
  const settings = { ...fastAlerts, alertAllow: hook.host, ...options.settings };
  const opened = await openApp({ ...options, settings });
  onTestFinished(opened.close);
  return withHook(opened, hook);
};

const withHook = (opened: OpenApp, hook: HookServer): AlertApp => ({
  ...opened,
  hook,
  async add(fields) {
    const { data, errors } = await opened.query<{ addAlert: { alert: { id: string }; secret: string | null } }>(
      `mutation { addAlert(input: { url: "${hook.url}", ${fields} }) {
        ... on AddAlertPayload { alert { id } secret } ... on Error { code message } } }`,
    );
    if (!data?.addAlert.alert) throw new Error(JSON.stringify(errors ?? data));
    return { id: data.addAlert.alert.id, secret: data.addAlert.secret };
  },
  async deliveries() {
    const { data } = await opened.query<{ alertDeliveries: { nodes: Delivery[] } }>(deliveriesQuery);
    return (data?.alertDeliveries.nodes ?? []).toReversed();
  },
});

/** Sends events of as many users, all of one variant. */
export const sendVariant = (app: OpenApp, version: string, count: number, name: string = version): Promise<void> =>
  sendEvents(
    app,
    Array.from({ length: count }, (_, index) => ({ userId: `${name}${index}`, experiment: 'checkout', version })),
  );

/** Plans the experiment `checkout` with two equal variants. */
export const planCheckout = async (app: OpenApp): Promise<void> => {
  const { data } = await app.query(`mutation { saveExperiment(input: { key: "checkout", startedAt: "2020-01-01",
    allocation: [{ variant: "A", weight: 1 }, { variant: "B", weight: 1 }] }) { __typename } }`);
  expect(data).toEqual({ saveExperiment: { __typename: 'SaveExperimentPayload' } });
};
