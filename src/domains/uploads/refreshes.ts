import type { Row, Store, Tx } from '../../../db/store.ts';
import { datasets } from '../../../db/tables/datasets.ts';
import { DomainError } from '../../errors.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { DatasetRefresh } from '../../lib/dataset-refresh.ts';
import { preview } from '../../lib/problems.ts';
import { parseRefreshInterval, type RefreshInterval } from '../../lib/refresh-interval.ts';
import type { DatasetImport, DatasetOptions, DatasetSource } from '../datasets/import-version.ts';
import type { DatasetImports } from '../datasets/imports.ts';
import { type LinkContent, type LinkSource, type LinkSources, linkWithoutSecrets } from './link-sources.ts';

type Dataset = Row<typeof datasets>;

export interface RefreshServices {
  readonly store: Store;
  readonly ledger: Ledger;
  readonly imports: DatasetImports;
  readonly links: LinkSources;
  readonly nowUs: () => number;
  readonly limits: { readonly refreshMsMin: number };
}

/** How an attempt ended: with the content behind the link, or with the reason why it failed. */
type AttemptEnd = { readonly content: LinkContent } | { readonly error: string };

interface Attempt {
  readonly dataset: Dataset;
  /** With the time of the attempt after this one. */
  readonly refresh: DatasetRefresh;
  /** Aborted when the server stops. */
  readonly signal: AbortSignal;
}

/** The longest time without a look at the schedule: timers are limited to 24 days, and clocks may be set. */
const sleepMsMax = 600_000;

/** After an attempt whose claim or result could not be stored. */
const errorMs = 5000;

/**
 * Imports datasets from their links by schedule. The schedule is stored with the datasets, so it survives restarts; an
 * attempt claims its dataset in a transaction, so that no two processes refresh it at once. An attempt that fails changes no
 * rows, is listed as a failed import, and is followed by the next one after the usual interval.
 */
export class DatasetRefreshes {
  readonly #services: RefreshServices;
  /** By the id of the dataset. */
  readonly #running = new Map<number, { readonly abort: AbortController; readonly done: Promise<void> }>();
  #isStopped = false;
  #timer: NodeJS.Timeout | undefined;
  #onError: ((error: unknown) => void) | undefined;

  constructor(services: RefreshServices) {
    this.#services = services;
  }

  /** Reads the option `refreshEvery`, or another one; null for `never`. Throws BAD_REQUEST that names it. */
  interval(text: string, path = 'refreshEvery'): RefreshInterval | null {
    if (text.toLowerCase() === 'never') return null;
    const interval = parseRefreshInterval(text);
    const { refreshMsMin } = this.#services.limits;
    if (interval && interval.ms >= refreshMsMin) return interval;
    const message = interval
      ? `${path} must be at least ${refreshMsMin} ms (setting refreshMsMin), not ${preview(text)}`
      : `${path} must be a duration such as 15m, 1h, 1d or PT1H, or never, not ${preview(text)}`;
    throw new DomainError('BAD_REQUEST', message, {
      problems: [{ path, code: interval ? 'OUT_OF_RANGE' : 'MALFORMED', message }],
    });
  }

  /** The link without what may be secret. */
  publicLink(url: string): string {
    return linkWithoutSecrets(url);
  }

  /** Begins to refresh datasets when they are due; `onError` reports faults of this program, not those of links. */
  start(onError: (error: unknown) => void): void {
    this.#onError = onError;
    this.plan();
  }

  /** Looks at the schedule again; call it when a dataset may have changed. Does nothing before `start`. */
  plan(): void {
    clearTimeout(this.#timer);
    if (!this.#onError || this.#isStopped) return;
    const nextAtUs = Math.min(...this.#scheduled().map(({ refresh }) => refresh?.nextAttemptAtUs ?? 0));
    const waitMs = Math.ceil((nextAtUs - this.#services.nowUs()) / 1000);
    this.#wakeIn(waitMs);
  }

  #wakeIn(waitMs: number): void {
    clearTimeout(this.#timer);
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => this.#wake(), Math.min(Math.max(waitMs, 0), sleepMsMax)).unref();
  }

  /** Refreshes every dataset that is due; resolves when all attempts have ended. */
  async runDue(): Promise<void> {
    const nowUs = this.#services.nowUs();
    const due = this.#scheduled().filter(({ refresh }) => refresh !== null && refresh.nextAttemptAtUs <= nowUs);
    await Promise.all(due.map(({ id }) => this.#run(id)));
  }

  /** Ends the schedule and the attempts that run; they are due again at the next start. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    const running = [...this.#running.values()];
    for (const { abort } of running) abort.abort();
    await Promise.allSettled(running.map(({ done }) => done));
  }

  /** Stores in the transaction that publishes a version how its dataset is refreshed from now on; null ends that. */
  schedule(
    tx: Tx,
    datasetId: number,
    refresh:
      | (Pick<DatasetRefresh, 'url' | 'options'> & {
          readonly interval: RefreshInterval;
          readonly content: LinkContent;
        })
      | null,
  ): void {
    tx.update(datasets, { id: datasetId }, { refresh: refresh && newRefresh(refresh, tx.nowUs) });
  }

  /** Changes how often a dataset is imported again; `never` ends it. Throws NOT_FOUND, BAD_REQUEST. */
  async reschedule(datasetId: number, every: string): Promise<Dataset> {
    const interval = this.interval(every, 'every');
    const changed = await this.#services.ledger.write((tx) => {
      const dataset = tx.findLatest(datasets, { id: datasetId, deletedAtUs: null });
      if (!dataset) throw new DomainError('NOT_FOUND', 'there is no dataset with this id');
      if (!dataset.refresh) throw noSchedule(dataset.name);
      const next = interval && { every: interval.every, nextAttemptAtUs: nextAfter(tx.nowUs, interval) };
      const refresh = next && { ...dataset.refresh, ...next };
      tx.update(datasets, { id: datasetId }, { refresh });
      return { ...dataset, refresh };
    });
    this.plan();
    return changed;
  }

  #wake(): void {
    const running = this.runDue();
    // Others may be due before these have ended.
    this.plan();
    running.then(
      () => this.plan(),
      (error: unknown) => {
        this.#onError?.(error);
        // Still due: at once it would fail again.
        this.#wakeIn(errorMs);
      },
    );
  }

  async #run(id: number): Promise<void> {
    const abort = new AbortController();
    const done = this.#attempt(id, abort.signal).finally(() => this.#running.delete(id));
    this.#running.set(id, { abort, done });
    await done;
  }

  #scheduled(): Dataset[] {
    const match = { deletedAtUs: null };
    const all = this.#services.store.page(datasets, { key: 'id', direction: 'asc', match, limit: 1_000_000 });
    return all.filter(({ id, refresh }) => refresh !== null && !this.#running.has(id));
  }

  async #attempt(datasetId: number, signal: AbortSignal): Promise<void> {
    const { ledger, links } = this.#services;
    const claimed = await ledger.write((tx) => claim(tx, datasetId));
    if (!claimed) return;
    const attempt = { ...claimed, signal };
    const { refresh } = attempt;
    try {
      const end = await links.open(refresh.url, { validators: refresh, signal }).then(
        (source) => this.#importFrom(source, attempt),
        (error: unknown) => this.#failure(error, attempt),
      );
      await ledger.write((tx) => (signal.aborted ? release(tx, attempt) : settle(tx, attempt, end)));
    } catch (error) {
      await ledger.write((tx) => settle(tx, attempt, { error: 'INTERNAL: the refresh stopped unexpectedly' }));
      throw error;
    }
  }

  async #importFrom(source: LinkSource, attempt: Attempt): Promise<AttemptEnd> {
    const { refresh, signal } = attempt;
    if (source.isNotModified) return { content: refresh };
    try {
      await source.fetch(signal);
    } catch (error) {
      await source.discard();
      return this.#failure(error, attempt);
    }
    const content = source.content();
    if (content.sha256 !== refresh.sha256) return endOf(await this.#import(source, attempt), content);
    await source.discard();
    return { content };
  }

  /** Lists the failure among the imports. */
  async #failure(error: unknown, attempt: Attempt): Promise<AttemptEnd> {
    const { refresh, signal } = attempt;
    if (signal.aborted) return { error: 'the server stopped' };
    if (!(error instanceof DomainError)) throw error;
    const failed: DatasetSource = {
      name: linkWithoutSecrets(refresh.url),
      bytes: 0,
      fetch: () => Promise.reject(error),
      discard: async () => undefined,
    };
    return endOf(await this.#import(failed, attempt), refresh);
  }

  async #import(source: DatasetSource, attempt: Attempt): Promise<DatasetImport> {
    const { refresh, signal } = attempt;
    const { id, name } = attempt.dataset;
    const options: DatasetOptions = {
      name,
      ...refresh.options,
      // A dataset of the same name may be a new one.
      onPublish(_tx, datasetId) {
        if (datasetId !== id) throw new DomainError('CONFLICT', 'the dataset was deleted while it was refreshed');
      },
    };
    const run = await this.#services.imports.start(source, options);
    const cancel = (): void => void this.#services.imports.cancel(run.import.id);
    signal.addEventListener('abort', cancel);
    if (signal.aborted) cancel();
    return run.done;
  }
}

const noSchedule = (name: string): DomainError => {
  const message = `${preview(name)} is not imported by schedule; import its link with refreshEvery`;
  return new DomainError('BAD_REQUEST', message, { problems: [{ path: 'datasetId', code: 'NOT_ALLOWED', message }] });
};

const endOf = ({ state, failureCode, failureMessage }: DatasetImport, content: LinkContent): AttemptEnd =>
  state === 'SUCCEEDED' || state === 'SUCCEEDED_WITH_REJECTS'
    ? { content }
    : { error: failureCode === null ? 'the import was cancelled' : `${failureCode}: ${failureMessage}` };

type NewRefresh = Parameters<DatasetRefreshes['schedule']>[2] & object;

const newRefresh = ({ url, options, interval, content }: NewRefresh, nowUs: number): DatasetRefresh => ({
  url,
  options,
  every: interval.every,
  ...contentOf(content),
  lastAttemptAtUs: nowUs,
  lastSuccessAtUs: nowUs,
  nextAttemptAtUs: nextAfter(nowUs, interval),
  lastError: null,
});

const nextAfter = (nowUs: number, { ms }: Pick<RefreshInterval, 'ms'>): number => nowUs + Math.ceil(ms * 1000);

/** Moves the next attempt of a dataset ahead; null when it is not due any more. */
const claim = (tx: Tx, id: number): Omit<Attempt, 'signal'> | null => {
  const dataset = tx.findLatest(datasets, { id, deletedAtUs: null });
  const interval = parseRefreshInterval(dataset?.refresh?.every ?? '');
  if (!dataset?.refresh || !interval || dataset.refresh.nextAttemptAtUs > tx.nowUs) return null;
  const refresh = { ...dataset.refresh, nextAttemptAtUs: nextAfter(tx.nowUs, interval), lastAttemptAtUs: tx.nowUs };
  tx.update(datasets, { id }, { refresh });
  return { dataset, refresh };
};

/** Stores how an attempt ended. */
const settle = (tx: Tx, attempt: Attempt, end: AttemptEnd): void =>
  change(tx, attempt, 'error' in end ? { lastError: end.error } : succeeded(end.content, tx.nowUs));

const succeeded = (content: LinkContent, nowUs: number): Partial<DatasetRefresh> => ({
  ...contentOf(content),
  lastSuccessAtUs: nowUs,
  lastError: null,
});

/** Makes an attempt that was stopped due again. */
const release = (tx: Tx, attempt: Attempt): void => change(tx, attempt, { nextAttemptAtUs: tx.nowUs });

/** Changes the refresh of the dataset, unless an import has changed the schedule since the attempt began. */
const change = (tx: Tx, { dataset: { id }, refresh }: Attempt, changes: Partial<DatasetRefresh>): void => {
  const current = tx.findLatest(datasets, { id, deletedAtUs: null })?.refresh;
  if (current?.nextAttemptAtUs !== refresh.nextAttemptAtUs) return;
  tx.update(datasets, { id }, { refresh: { ...current, ...changes } });
};

const contentOf = ({ etag, lastModified, sha256 }: LinkContent): LinkContent => ({ etag, lastModified, sha256 });
