import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { PartThreads } from './part-threads.ts';
import { type FilePass, type PartAhead, type PartResult, type PartTask, readPart, readPartAhead } from './read-part.ts';
import type { ReadReport } from './read-report.ts';

/** A position at which a part begins, and what the first pass has rejected of it. */
export type PartStart = Pick<PartResult, 'start' | 'rejectedLines'>;

/** A part, and what is to be added to the numbers of its lines. */
export interface ReadPart extends PartResult {
  readonly lineOffset: number;
}

export interface PartsOptions {
  /** The folder of the staging files. */
  readonly folder: string;
  /** The starts of the parts, ascending; the first is that of the file. */
  readonly starts: readonly PartStart[];
  readonly threads: PartThreads;
  readonly report: ReadReport;
}

/**
 * Reads a file in parts at the same time, in this thread and in others, and returns them in order. Whether a row begins at the
 * start of a part is only known once the part before it is read. If none does, that part goes on through the next one, and
 * what was read of the latter is not used. So the rows are those of a reader that reads the file from its start to its end.
 */
export const readInParts = async (pass: FilePass, options: PartsOptions): Promise<readonly ReadPart[]> => {
  const { starts, threads, report } = options;
  const { firstLine } = pass.file.dialect;
  const ahead: Promise<PartAhead | null>[] = [];
  let next = 1;
  const readFurther = async (read: typeof readPartAhead): Promise<void> => {
    while (next < starts.length) {
      const index = next;
      next += 1;
      const reading = read(taskOf(pass, options, index), (progress) => report.progress(index, progress));
      ahead[index] = reading;
      await reading;
    }
  };
  try {
    for (let thread = 0; thread < Math.min(threads.size, starts.length - 1); thread += 1)
      // What fails is thrown where the part is needed.
      readFurther((task, onProgress) => threads.read(task, onProgress)).catch(() => undefined);
    const first = await readInOrder({ ...taskOf(pass, options, 0), firstLine }, 0, report);
    await readFurther(readPartAhead).catch(() => undefined);
    const parts: ReadPart[] = [{ ...first, lineOffset: 0 }];
    for (let last = parts[0] as ReadPart; last.end !== null; parts.push(last)) {
      const { end, endLine, lineOffset } = last;
      const index = starts.findIndex(({ start }) => start === end);
      last = await partOf(pass, options, { index, ahead: ahead[index], line: endLine + lineOffset });
    }
    // Nothing is to write to the folder any more, parts that are not used either.
    await Promise.allSettled(ahead);
    return parts;
  } catch (error) {
    await threads.endReading();
    throw error;
  }
};

const taskOf = (pass: FilePass, { starts, folder }: PartsOptions, index: number): PartTask => {
  const { start, rejectedLines } = starts[index] as PartStart;
  const ends = starts.slice(index + 1).map((each) => each.start);
  return { pass, start, ends, firstLine: 0, rejectedLines, staged: join(folder, String(index)) };
};

/** Reads a part of which all rows before are read. */
const readInOrder = (task: PartTask, index: number, report: ReadReport): Promise<PartResult> => {
  let rows = 0;
  return readPart(task, async (chunk) => {
    rows += chunk.rows;
    await report.rejects(chunk.rejects);
    report.progress(index, { bytes: chunk.position - task.start, rows });
  });
};

/** The part that follows others, which has `line` as its first. */
const partOf = async (
  pass: FilePass,
  options: PartsOptions,
  { index, ahead, line }: { index: number; ahead: Promise<PartAhead | null> | undefined; line: number },
): Promise<ReadPart> => {
  const { report } = options;
  const found = await ahead;
  if (found) {
    await report.rejects(found.rejects.map((reject) => ({ ...reject, line: reject.line + line })));
    return { ...found.result, lineOffset: line };
  }
  const task = taskOf(pass, options, index);
  await rm(task.staged, { force: true });
  return { ...(await readInOrder({ ...task, firstLine: line }, index, report)), lineOffset: 0 };
};
