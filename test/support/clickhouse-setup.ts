import type { TestProject } from 'vitest/node';
import { hasClickHouse, startClickHouse } from './clickhouse.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** URL of the ClickHouse that has the facts of the tests; undefined: they are in memory. */
    clickhouse?: string;
    /** The name of its cluster; empty for one server. */
    clickhouseCluster?: string;
  }
}

/** One ClickHouse for all tests of the project: each has a database of its own. */
export default async function startForProject(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (!hasClickHouse) return undefined;
  const server = await startClickHouse();
  project.provide('clickhouse', server.url);
  project.provide('clickhouseCluster', server.cluster);
  return () => server.close();
}
