import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DebugLog } from '../../src/lib/debug-log.ts';
import { isOtherProcessAlive } from '../../src/lib/process-alive.ts';
import { checksumOf } from './checksum.ts';
import type {
  BuildObserver,
  BuildRequest,
  BuildResult,
  DatasetEngine,
  DatasetLimits,
  StoredTable,
  TableQueries,
  TableQueryName,
} from './engine.ts';
import type { WorkerEvent, WorkerTasks } from './worker-messages.ts';
import { WorkerPool, type WorkerProcess } from './worker-pool.ts';

/** Opens the dataset engine of a data folder. It reads no file and starts no process before the first request. */
export const openDatasetEngine = (limits: DatasetLimits, log: DebugLog): DatasetEngine =>
  new ProcessEngine(limits, log);

class ProcessEngine implements DatasetEngine {
  readonly #limits: DatasetLimits;
  readonly #folder: string;
  readonly #queries: WorkerPool<'query'>;
  readonly #builds: WorkerPool<'build'>;

  constructor(limits: DatasetLimits, log: DebugLog) {
    this.#limits = limits;
    this.#folder = limits.data === ':memory:' ? join(tmpdir(), `asof-${randomUUID()}`) : join(limits.data, 'datasets');
    this.#queries = new WorkerPool({ kind: 'query', limits, log, size: limits.datasetProcesses, waitingMax: 200 });
    this.#builds = new WorkerPool({ kind: 'build', limits, log, size: limits.datasetImportsAtOnce, idleMs: 5000 });
  }

  newFile(): string {
    mkdirSync(this.#folder, { recursive: true });
    // The name holds the process id, so that a sweep by another process spares a file that is being built.
    return `${randomUUID()}.${process.pid}.sqlite`;
  }

  async build(request: BuildRequest, observer: BuildObserver): Promise<BuildResult> {
    const { target, earlier } = request;
    const task = { ...request, target: this.#pathOf(target), earlier: earlier && this.#withPath(earlier) };
    try {
      const built = (await this.#builds.run('', task, (worker) => buildOptions(worker, observer))) as BuildResult;
      return { ...built, ...(await checksumOf(this.#pathOf(target))) };
    } catch (error) {
      await Promise.all([this.#removeFile(target), this.#removeFile(`${target}.staged`)]);
      throw error;
    }
  }

  async query<Q extends TableQueryName>(
    { file }: StoredTable,
    name: Q,
    request: TableQueries[Q]['request'],
  ): Promise<TableQueries[Q]['result']> {
    const task = { file: this.#pathOf(file), name, request: this.#withPaths(request) } as WorkerTasks['query'];
    const result = await this.#queries.run(file, task, () => ({ timeoutMs: this.#limits.datasetQueryMsMax }));
    return result as TableQueries[Q]['result'];
  }

  async remove(file: string): Promise<void> {
    this.#queries.releaseKey(file);
    await this.#removeFile(file);
  }

  async sweep(inUse: ReadonlySet<string>): Promise<void> {
    const names = await readdir(this.#folder).catch(() => [] as string[]);
    for (const name of names) if (!inUse.has(name) && !isBuiltElsewhere(name)) await this.#removeFile(name);
  }

  close(): void {
    this.#queries.close();
    this.#builds.close();
  }

  /** Workers know paths only; one query names the file of a second version. */
  #withPaths(request: object): object {
    return 'earlier' in request ? { ...request, earlier: this.#withPath(request.earlier as StoredTable) } : request;
  }

  #withPath(table: StoredTable): StoredTable {
    return { ...table, file: this.#pathOf(table.file) };
  }

  #pathOf(file: string): string {
    return join(this.#folder, file);
  }

  #removeFile(file: string): Promise<void> {
    return rm(this.#pathOf(file), { force: true });
  }
}

const buildOptions = (worker: WorkerProcess, { signal, onProgress, onRejects }: BuildObserver) => ({
  signal,
  onEvent(event: WorkerEvent) {
    if ('progress' in event) onProgress(event.progress);
    else
      onRejects(event.rejects).then(
        () => worker.acknowledgeRejects(),
        () => worker.kill(),
      );
  },
});

/** Whether another running process builds the file. */
const isBuiltElsewhere = (name: string): boolean => {
  const id = Number(name.split('.')[1]);
  return Number.isSafeInteger(id) && id >= 1 && isOtherProcessAlive(id);
};
