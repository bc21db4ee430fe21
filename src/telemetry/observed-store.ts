import type { Store } from '../../db/store.ts';
import type { Trace } from '../lib/telemetry.ts';
import type { StoreMetrics } from './store-metrics.ts';

/** The verbs that read by one statement. */
const readVerbs = ['commitsAfter', 'records', 'rowsIn', 'page', 'count', 'countsIn'] as const;

type Verb = (this: unknown, ...args: unknown[]) => unknown;

/** The same store; what it reads and writes is measured and traced. */
export const observeStore = (store: Store, metrics: StoreMetrics, trace: Trace): Store => {
  const observed = new Map<PropertyKey, unknown>();
  for (const verb of readVerbs) {
    const read = store[verb].bind(store) as Verb;
    observed.set(verb, (...args: unknown[]) => {
      const startedMs = performance.now();
      try {
        return trace.span(`SQL ${verb}`, { 'db.system.name': 'sqlite' }, () => read(...args));
      } finally {
        metrics.statement(verb, (performance.now() - startedMs) / 1000);
      }
    });
  }
  const write: Store['write'] = (work) => {
    metrics.writeBegan();
    const written = trace.span('SQL write', { 'db.system.name': 'sqlite' }, () => store.write(work));
    written.then(
      () => metrics.writeEnded('ok'),
      () => metrics.writeEnded('failed'),
    );
    return written;
  };
  observed.set('write', write);
  return new Proxy(store, {
    get(target, name) {
      let member = observed.get(name);
      if (member === undefined) {
        const value = Reflect.get(target, name, target) as unknown;
        member = typeof value === 'function' ? value.bind(target) : value;
        if (typeof value === 'function') observed.set(name, member);
      }
      return member;
    },
  });
};
