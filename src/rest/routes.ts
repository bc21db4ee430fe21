import { dashboardOfRange, dashboardOfSymbol, followup, initial } from './conversations.ts';
import { exportDataset } from './dataset-export.ts';
import { exploreDataset } from './dataset-rows.ts';
import { importByLink, importProgress, listDatasets, putDataset } from './datasets.ts';
import { receiveEvent, receiveEvents } from './experiments.ts';
import { healthz, readyz } from './health.ts';
import { image } from './images.ts';
import { ipCityByPath, ipCityByQuery } from './ip-city.ts';
import { monitorOfCountry } from './monitor.ts';
import { docs, index, openapi } from './pages.ts';
import type { Route } from './route.ts';
import { transactionsAggregate } from './transactions.ts';
import { userStatusByPath, userStatusByQuery } from './user-status.ts';
import { data, outputTable, stats, synchroniseData } from './users.ts';

/** Every address of the REST face. */
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
  synchroniseData,
  stats,
  outputTable,
  image,
  listDatasets,
  importByLink,
  exploreDataset,
  putDataset,
  exportDataset,
  importProgress,
  healthz,
  readyz,
  docs,
  openapi,
  index,
];

/** What there is, for documentation to list. */
export const routeList = routes.map(({ method, path, summary }) => ({ method, path, summary }));
