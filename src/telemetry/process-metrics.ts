import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, Gauge, type Registry } from 'prom-client';

/** Interval of the timer by which delays of the event loop are measured, milliseconds. */
const resolutionMs = 20;
const nanosecondsPerSecond = 1e9;

/** The process: the delay of its event loop, its memory and its processor time, under the names that dashboards expect. */
export class ProcessMetrics {
  readonly #delay: IntervalHistogram = monitorEventLoopDelay({ resolution: resolutionMs });

  constructor(registry: Registry) {
    this.#addEventLoop(registry);
    addMemory(registry);
    const registers = [registry];
    new Counter({
      name: 'process_cpu_seconds_total',
      help: 'Processor time of all threads.',
      registers,
      collect() {
        const { user, system } = process.cpuUsage();
        this.reset();
        this.inc((user + system) / 1e6);
      },
    });
    new Gauge({
      name: 'process_start_time_seconds',
      help: 'When the process started, since 1970 UTC.',
      registers,
    }).set(performance.timeOrigin / 1000);
  }

  start(): void {
    this.#delay.enable();
  }

  stop(): void {
    this.#delay.disable();
  }

  #addEventLoop(registry: Registry): void {
    const delay = this.#delay;
    const seconds = (value: number): number => Math.max(0, value / nanosecondsPerSecond - resolutionMs / 1000);
    new Gauge({
      name: 'nodejs_eventloop_lag_seconds',
      help: 'How late timers ran since the last scrape: the quantiles 0.5 and 0.99, and the longest delay as 1.',
      labelNames: ['quantile'],
      registers: [registry],
      collect() {
        const isMeasured = delay.count > 0;
        for (const [quantile, value] of [
          ['0.5', delay.percentile(50)],
          ['0.99', delay.percentile(99)],
          ['1', delay.max],
        ] as const)
          this.set({ quantile }, isMeasured ? seconds(value) : 0);
        delay.reset();
      },
    });
  }
}

const addMemory = (registry: Registry): void => {
  const registers = [registry];
  const gauge = (name: string, help: string, read: (usage: NodeJS.MemoryUsage) => number): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read(process.memoryUsage()));
      },
    });
  };
  gauge('process_resident_memory_bytes', 'Memory of the process, code and buffers included.', ({ rss }) => rss);
  gauge('nodejs_heap_size_used_bytes', 'Objects of JavaScript.', ({ heapUsed }) => heapUsed);
  gauge('nodejs_heap_size_total_bytes', 'Memory reserved for objects of JavaScript.', ({ heapTotal }) => heapTotal);
  gauge('nodejs_external_memory_bytes', 'Buffers and memory of compiled parts.', ({ external }) => external);
};
