import { apiSource } from '../../lib/api-source.ts';
import type { ApiCounts } from './api-records.ts';
import { type ImportLimits, rejectSentence } from './imports.ts';
import type { Observation } from './observation.ts';
import type { AlertRule } from './rules.ts';

/** Whether too much of what arrived through the API was rejected; nothing about a target with too few records. */
export const observeApiRecords = (
  { target: only, rate, recordsMin }: AlertRule,
  counts: ReadonlyMap<string, ApiCounts>,
  { limits, judgedSeq }: { readonly limits: ImportLimits; readonly judgedSeq: number },
): Observation[] => {
  const [limit, least] = [rate ?? limits.alertRejectRate, recordsMin ?? limits.alertRecordsMin];
  return [...counts].flatMap(([target, { stored, rejected }]) => {
    const received = stored + rejected;
    if ((only !== null && only !== target) || received < least) return [];
    const share = rejected / received;
    return [
      {
        subject: `${target} ${apiSource(null)}`,
        isBroken: share > limit,
        sentence: rejectSentence({ rejected, received, limit }, `of ${target} sent through the API`),
        figures: { target, source: apiSource(null), received, rejected, rate: share, limit },
        query: `{ rejectedRecords(target: ${target}, state: OPEN, first: 20) { totalCount nodes { source raw problems { path message } } } }`,
        judgedSeq,
      },
    ];
  });
};
