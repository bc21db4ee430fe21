import type { Route } from './route.ts';
import { dashboardOfRange, dashboardOfSymbol, followup, initial } from './routes/conversations.ts';
import { aggregateDataset } from './routes/datasets/aggregate.ts';
import { importByLink, importProgress, listDatasets, putDataset } from './routes/datasets/datasets.ts';
import { exportDataset } from './routes/datasets/export.ts';
import { exploreDataset } from './routes/datasets/rows.ts';
import { facetsOfDataset, profileOfDataset } from './routes/datasets/statistics.ts';
import { removeDataset, versionsOfDataset } from './routes/datasets/versions.ts';
import { receiveEvent, receiveEvents } from './routes/experiments.ts';
import { healthz, readyz } from './routes/health.ts';
import { image } from './routes/images.ts';
import { ipCityByPath, ipCityByQuery } from './routes/ip-city.ts';
import { metrics } from './routes/metrics.ts';
import { monitorOfCountry } from './routes/monitor.ts';
import { docs, index, openapi } from './routes/pages.ts';
import { querySql } from './routes/sql.ts';
import { transactionsAggregate } from './routes/transactions.ts';
import { userStatusByPath, userStatusByQuery } from './routes/user-status.ts';
import { data, outputTable, stats, synchronizeData } from './routes/users.ts';

/** Every route of the REST API. */
export const routes: readonly Route[] = [
  userStatusByPath,
  userStatusByQuery,
  ipCityByPath,
  ipCityByQuery,
  transactionsAggregate,
  receiveEvent,
  receiveEvents,
  monitorOfCountry,
  initial,
  followup,
  dashboardOfSymbol,
  dashboardOfRange,
  data,
  synchronizeData,
  stats,
  outputTable,
  image,
  listDatasets,
  importByLink,
  exploreDataset,
  putDataset,
  removeDataset,
  aggregateDataset,
  facetsOfDataset,
  profileOfDataset,
  versionsOfDataset,
  exportDataset,
  importProgress,
  querySql,
  healthz,
  readyz,
  metrics,
  docs,
  openapi,
  index,
];

/** All routes, for the documentation to list. */
export const routeList = routes.map(({ method, path, summary }) => ({ method, path, summary }));
