import { Worker, type WorkerOptions } from 'node:worker_threads';
import { moduleBeside } from './program-module.ts';

/**
 * Starts the module `name`, without its suffix, beside the one at `from` in a thread. A thread of TypeScript must first
 * register a loader, because it does not inherit that of this thread. Flags of this process are not inherited: they may
 * belong to a debugger.
 */
export const startThread = (from: string, name: string, options: WorkerOptions = {}): Worker => {
  const { url, isSource } = moduleBeside(from, name);
  const common = { ...options, execArgv: [] };
  if (!isSource) return new Worker(url, common);
  const source = `
    import(${JSON.stringify(import.meta.resolve('tsx/esm/api'))}).then(({ register }) => {
      register();
      return import(${JSON.stringify(url.href)});
    });
  `;
  return new Worker(source, { ...common, eval: true });
};
