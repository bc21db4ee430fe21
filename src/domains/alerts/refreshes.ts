import type { Store } from '../../../db/store.ts';
import { datasets } from '../../../db/tables/datasets.ts';
import { imports } from '../../../db/tables/imports.ts';
import { formatInstant } from '../../lib/time.ts';
import { linkWithoutSecrets } from '../uploads/link-sources.ts';
import { literal, type Observation } from './observation.ts';

const datasetsMax = 1_000_000;

/**
 * Which of the broken subjects are links of datasets that were read again since and had not changed: a refresh without
 * new content has no import.
 */
export const observeRefreshes = (store: Store, broken: readonly string[], judgedSeq: number): Observation[] => {
  const target = 'DATASET';
  if (!broken.some((subject) => subject.startsWith(`${target} http`))) return [];
  const all = store.page(datasets, { key: 'id', direction: 'asc', match: { deletedAtUs: null }, limit: datasetsMax });
  return all.flatMap(({ name, refresh }) => {
    const source = linkWithoutSecrets(refresh?.url ?? '');
    const subject = `${target} ${source}`;
    if (!refresh || refresh.lastError !== null || !broken.includes(subject)) return [];
    const last = { key: 'id', direction: 'desc', match: { target, source }, limit: 1 } as const;
    if (refresh.lastSuccessAtUs <= (store.page(imports, last)[0]?.finishedAtUs ?? Infinity)) return [];
    return {
      subject,
      isBroken: false,
      sentence: `The link of the dataset ${name} was read again: its content has not changed.`,
      figures: { target, source, dataset: name, lastSuccess: formatInstant(refresh.lastSuccessAtUs) },
      query: `{ dataset(name: ${literal(name)}) { refresh { lastSuccessAt lastError nextAttemptAt } } }`,
      judgedSeq,
    };
  });
};
