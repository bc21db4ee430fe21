import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { stepBuckets } from './buckets.ts';

/** What the store does: its statements, and the queue of its writes. */
export class StoreMetrics {
  readonly #statements: Histogram<'verb'>;
  readonly #writes: Counter<'outcome'>;
  readonly #commits: Histogram;
  #pending = 0;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#statements = new Histogram({
      name: 'asof_sql_statement_duration_seconds',
      help: 'SQL statements that read the store, by what they do. What the memory answers runs none.',
      labelNames: ['verb'],
      buckets: stepBuckets,
      registers,
    });
    this.#writes = new Counter({
      name: 'asof_writes_total',
      help: 'Pieces of work that were written or refused; several share one commit.',
      labelNames: ['outcome'],
      registers,
    });
    this.#commits = new Histogram({
      name: 'asof_commit_duration_seconds',
      help: 'Commits, from the end of their work until they are on the disk.',
      buckets: stepBuckets,
      registers,
    });
    const pending = (): number => this.#pending;
    new Gauge({
      name: 'asof_write_queue_length',
      help: 'Pieces of work that wait for their commit (setting writeQueueMax).',
      registers,
      collect() {
        this.set(pending());
      },
    });
  }

  statement(verb: string, seconds: number): void {
    this.#statements.observe({ verb }, seconds);
  }

  committed(seconds: number): void {
    this.#commits.observe(seconds);
  }

  writeBegan(): void {
    this.#pending += 1;
  }

  writeEnded(outcome: 'ok' | 'failed'): void {
    this.#pending -= 1;
    this.#writes.inc({ outcome });
  }
}
