import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DomainError } from '../../src/errors.ts';
import { isOtherProcessAlive } from '../../src/lib/process-alive.ts';
import type { BuildResult, DatasetEngine, DatasetLimits, TableQueryName } from './engine.ts';
import { startProcess, type WorkerProcess } from './process.ts';

/** So many questions may wait for a process; beyond it they are refused. */
const waitingMax = 200;

/** Opens the dataset tables of a data folder. Nothing is read and no process is started before it is needed. */
export const openDatasetEngine = (limits: DatasetLimits): DatasetEngine => {
  const folder = limits.data === ':memory:' ? join(tmpdir(), `asof-${randomUUID()}`) : join(limits.data, 'datasets');
  const askers = new Set<WorkerProcess>();
  /** Which process a version was asked of last: it may remember something. */
  const lastAsked = new Map<string, WorkerProcess>();
  const waiting: (() => void)[] = [];
  const builders = new Set<WorkerProcess>();
  const waitingBuilds: (() => void)[] = [];
  let building = 0;
  let isClosed = false;

  const freeAsker = (file: string): WorkerProcess | undefined => {
    const last = lastAsked.get(file);
    if (last && askers.has(last) && !last.isBusy) return last;
    const idle = [...askers].find(({ isBusy }) => !isBusy);
    if (idle && (last === undefined || askers.size >= limits.datasetProcesses)) return idle;
    if (askers.size >= limits.datasetProcesses) return idle;
    const started: WorkerProcess = startProcess(limits, () => {
      askers.delete(started);
      waiting.shift()?.();
    });
    askers.add(started);
    return started;
  };

  const pathOf = (file: string): string => join(folder, file);
  const remove = (file: string): Promise<void> => rm(pathOf(file), { force: true });

  const askOf = async (
    free: WorkerProcess,
    file: string,
    question: TableQueryName,
    asked: unknown,
  ): Promise<unknown> => {
    lastAsked.set(file, free);
    // The one question that names a second version.
    const { earlier } = asked as { earlier?: string };
    const located = earlier === undefined ? asked : { ...(asked as object), earlier: pathOf(earlier) };
    try {
      return await free.ask(
        { file: pathOf(file), question, asked: located },
        { ms: limits.datasetQueryMsMax },
        () => undefined,
      );
    } finally {
      waiting.shift()?.();
    }
  };

  return {
    newFile() {
      mkdirSync(folder, { recursive: true });
      // With the process that builds it, so that no other takes it for a remnant.
      return `${randomUUID()}.${process.pid}.sqlite`;
    },
    async build(wanted, { signal, onProgress: progress, onRejects: rejects }) {
      while (building >= limits.datasetImportsAtOnce) await new Promise<void>((resolve) => waitingBuilds.push(resolve));
      building += 1;
      const builder = startProcess(limits, () => builders.delete(builder));
      builders.add(builder);
      try {
        const { target, earlier } = wanted;
        const build = { ...wanted, target: pathOf(target), earlier: earlier && pathOf(earlier) };
        const built = await builder.ask({ build }, { signal }, (told) => {
          if ('progress' in told) return progress(told.progress);
          rejects(told.rejects).then(
            () => builder.tell({ settled: true }),
            () => builder.kill(),
          );
        });
        return built as BuildResult;
      } catch (error) {
        await Promise.all([remove(wanted.target), remove(`${wanted.target}.staged`)]);
        throw error;
      } finally {
        builder.kill();
        building -= 1;
        waitingBuilds.shift()?.();
      }
    },
    async query(file, question, asked) {
      for (;;) {
        if (isClosed) throw new DomainError('NOT_READY', 'the server is stopping');
        const free = freeAsker(file);
        if (free) return (await askOf(free, file, question, asked)) as never;
        if (waiting.length >= waitingMax)
          throw new DomainError('OVERLOADED', 'too many questions to datasets wait', {
            details: { retryAfterMs: 1000 },
          });
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
    },
    async remove(file) {
      lastAsked.delete(file);
      await remove(file);
    },
    async sweep(inUse) {
      const names = await readdir(folder).catch(() => [] as string[]);
      for (const name of names) if (!inUse.has(name) && !isBuiltElsewhere(name)) await remove(name);
    },
    close() {
      isClosed = true;
      for (const each of [...askers, ...builders]) each.kill();
      for (const wake of [...waiting, ...waitingBuilds]) wake();
    },
  };
};

const isBuiltElsewhere = (name: string): boolean => {
  const id = Number(name.split('.')[1]);
  return Number.isSafeInteger(id) && id >= 1 && isOtherProcessAlive(id);
};
