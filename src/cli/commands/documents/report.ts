import type { Config } from '../../../config.ts';
import type { OperationReport } from '../../../graphql/document-report.ts';

const parts = [
  ['depth', 'queryDepthMax'],
  ['fields', 'queryFieldsMax'],
  ['rows', 'queryRowsMax'],
  ['scans', 'queryScansMax'],
  ['cost', 'queryCostMax'],
] as const;

/** A line for each problem of an operation, or one with its cost. */
export const lineOf = (
  { name, source, problems, cost }: OperationReport,
  statements: number | null,
  config: Config,
): readonly string[] => {
  const head = `${source.file}:${source.line}: ${name}:`;
  if (problems.length > 0) return problems.map((problem) => `${head} ${problem}`);
  if (!cost) return [`${head} valid`];
  const costs = parts.map(([part, setting]) => {
    const most = cost.max[part] > cost.withDefaults[part] ? ` (${cost.max[part]})` : '';
    return `${part} ${cost.withDefaults[part]}${most} of ${config[setting]}`;
  });
  const counted = statements === null ? [] : [`${statements} SQL ${statements === 1 ? 'statement' : 'statements'}`];
  const exceeded = cost.exceededAtMost ? [`with larger pages ${cost.exceededAtMost}`] : [];
  return [`${head} valid, ${[...costs, ...counted, ...exceeded].join(', ')}`];
};
