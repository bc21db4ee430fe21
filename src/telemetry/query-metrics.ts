import { Histogram, type Registry } from 'prom-client';
import type { OperationEnd } from '../lib/telemetry.ts';
import { countBuckets, durationBuckets } from './buckets.ts';

/** The name of operations beyond the setting `metricOperationsMax`. */
const otherOperations = 'other';
/** Names that stand for operations without one. */
const commonNames = ['none', 'several'];

/** GraphQL operations and the batches of their loaders. */
export class QueryMetrics {
  readonly #duration: Histogram<'type' | 'operation' | 'outcome'>;
  readonly #batches: Histogram<'loader'>;
  readonly #names = new Set<string>(commonNames);
  readonly #namesMax: number;

  /** `namesMax` operations have a series of their own. */
  constructor(registry: Registry, namesMax: number) {
    this.#namesMax = namesMax;
    const registers = [registry];
    this.#duration = new Histogram({
      name: 'asof_graphql_operation_duration_seconds',
      help: 'GraphQL operations by the name of their trusted document, or by their root field. The outcome is ok or the code of the first error.',
      labelNames: ['type', 'operation', 'outcome'],
      buckets: durationBuckets,
      registers,
    });
    this.#batches = new Histogram({
      name: 'asof_loader_batch_keys',
      help: 'Batches of loaders by their number of keys.',
      labelNames: ['loader'],
      buckets: countBuckets,
      registers,
    });
  }

  operationEnded({ type, operation, outcome, seconds }: OperationEnd): void {
    this.#duration.observe({ type, operation: this.#nameOf(operation), outcome }, seconds);
  }

  loaderBatch(loader: string, keys: number): void {
    this.#batches.observe({ loader }, keys);
  }

  #nameOf(operation: string): string {
    if (this.#names.has(operation)) return operation;
    if (this.#names.size - commonNames.length >= this.#namesMax) return otherOperations;
    this.#names.add(operation);
    return operation;
  }
}
