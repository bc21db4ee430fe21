import { readdirSync, readFileSync } from 'node:fs';

const everyMs = 50;

const readText = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // The process has ended.
    return '';
  }
};

/** The ids of a process and of all that it has started. */
const withChildren = (id: number): number[] => {
  let threads: string[] = [];
  try {
    threads = readdirSync(`/proc/${id}/task`);
  } catch {
    return [];
  }
  const children = threads.flatMap((thread) =>
    readText(`/proc/${id}/task/${thread}/children`).split(' ').filter(Boolean),
  );
  return [id, ...children.flatMap((child) => withChildren(Number(child)))];
};

const residentBytes = (id: number): number =>
  withChildren(id).reduce((sum, each) => {
    const [, kilobytes = 0] = /^VmRSS:\s*(\d+) kB/m.exec(readText(`/proc/${each}/status`)) ?? [];
    return sum + Number(kilobytes) * 1024;
  }, 0);

/**
 * Watches how much memory a process and those that it starts occupy together. The function that it returns ends the watch
 * and returns the most bytes; null where the system does not show them.
 */
export const watchMemory = (id: number): (() => number | null) => {
  let most = 0;
  const look = (): void => {
    most = Math.max(most, residentBytes(id));
  };
  look();
  const timer = setInterval(look, everyMs);
  return () => {
    clearInterval(timer);
    return most === 0 ? null : most;
  };
};
