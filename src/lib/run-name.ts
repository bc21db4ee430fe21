import { createHash, randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { isOtherProcessAlive } from './process-alive.ts';

const runName = /^([0-9a-f]{12})\.(\d+)\.[0-9a-f-]{36}$/;

/** A new name for a run of this process, by which other processes see whether it still runs. */
export const newRunName = (): string => `${machineId()}.${process.pid}.${randomUUID()}`;

/** Whether the process of a run has ended; null when it is one of another machine, or no name of a run. */
export const hasRunEnded = (name: string): boolean | null => {
  const [, machine, processId] = runName.exec(name) ?? [];
  if (machine !== machineId()) return null;
  return Number(processId) !== process.pid && !isOtherProcessAlive(Number(processId));
};

/** The machine, its start and the container: where a process id means the same process. */
const machineId = (): string => {
  const parts = [hostname(), textOf(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'))];
  parts.push(textOf(() => readlinkSync('/proc/self/ns/pid')));
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 12);
};

/** Empty where the system has no such file. */
const textOf = (read: () => string): string => {
  try {
    return read();
  } catch {
    return '';
  }
};
