import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  retainSearchParams,
} from '@tanstack/react-router';
import { parseSearch, stringifySearch } from '../data/search.ts';
import { pageScripts } from '../data/unreachable.ts';
import { viewSearch } from '../data/view.ts';
import { apiSearch } from '../pages/api/search.ts';
import { conversationsSearch } from '../pages/conversations/search.ts';
import { datasetSearch, datasetsSearch } from '../pages/datasets/model/search.ts';
import { experimentSearch, experimentsSearch } from '../pages/experiments/search.ts';
import { importsSearch } from '../pages/imports/search.ts';
import { lookupSearch } from '../pages/lookup/search.ts';
import { overviewSearch } from '../pages/overview/search.ts';
import { revenueSearch } from '../pages/revenue/search.ts';
import { userSearch, usersSearch } from '../pages/users/search.ts';
import { Frame } from './frame.tsx';
import { NotFound, PageError } from './page-error.tsx';

/** Zone and snapshot stay when the page changes: two pages of one citation show the same state. */
const rootRoute = createRootRoute({
  component: Frame,
  notFoundComponent: NotFound,
  validateSearch: viewSearch,
  search: { middlewares: [retainSearchParams(['zone', 'validAt', 'sequence', 'knownAt'])] },
});

const overview = createRoute({
  getParentRoute: () => rootRoute,
  path: '/',
  validateSearch: overviewSearch,
  component: lazyRouteComponent(
    pageScripts(() => import('../pages/overview/page.tsx')),
    'OverviewPage',
  ),
});

const revenue = createRoute({
  getParentRoute: () => rootRoute,
  path: '/revenue',
  validateSearch: revenueSearch,
  component: lazyRouteComponent(
    pageScripts(() => import('../pages/revenue/page.tsx')),
    'RevenuePage',
  ),
});

const experiments = createRoute({
  getParentRoute: () => rootRoute,
  path: '/experiments',
  validateSearch: experimentsSearch,
  component: lazyRouteComponent(
    pageScripts(() => import('../pages/experiments/list-page.tsx')),
    'ExperimentsPage',
  ),
});

const experiment = createRoute({
  getParentRoute: () => rootRoute,
  path: '/experiments/$key',
  validateSearch: experimentSearch,
  component: lazyRouteComponent(
    pageScripts(() => import('../pages/experiments/experiment-page.tsx')),
    'ExperimentPage',
  ),
});

const users = createRoute({
  getParentRoute: () => rootRoute,
  path: '/users',
  validateSearch: usersSearch,
  component: lazyRouteComponent(
    pageScripts(() => import('../pages/users/list-page.tsx')),
    'UsersPage',
  ),
});

const user = createRoute({
  getParentRoute: () => rootRoute,
  path: '/users/$userId',
  validateSearch: userSearch,
  component: lazyRouteComponent(
    pageScripts(() => import('../pages/users/user-page.tsx')),
    'UserPage',
  ),
});

const conversations = createRoute({
  getParentRoute: () => rootRoute,
  path: '/conversations',
  validateSearch: conversationsSearch,
  component: lazyRouteComponent(
    pageScripts(() => import('../pages/conversations/page.tsx')),
    'ConversationsPage',
  ),
});

const datasets = createRoute({
  getParentRoute: () => rootRoute,
  path: '/datasets',
  validateSearch: datasetsSearch,
  component: lazyRouteComponent(
    pageScripts(() => import('../pages/datasets/list-page.tsx')),
    'DatasetsPage',
  ),
});

const dataset = createRoute({
  getParentRoute: () => rootRoute,
  path: '/datasets/$name',
  validateSearch: datasetSearch,
  component: lazyRouteComponent(
    pageScripts(() => import('../pages/datasets/dataset-page.tsx')),
    'DatasetPage',
  ),
});

const lookup = createRoute({
  getParentRoute: () => rootRoute,
  path: '/lookup',
  validateSearch: lookupSearch,
  component: lazyRouteComponent(
    pageScripts(() => import('../pages/lookup/page.tsx')),
    'LookupPage',
  ),
});

const imports = createRoute({
  getParentRoute: () => rootRoute,
  path: '/intake',
  validateSearch: importsSearch,
  component: lazyRouteComponent(
    pageScripts(() => import('../pages/imports/page.tsx')),
    'ImportsPage',
  ),
});

const api = createRoute({
  getParentRoute: () => rootRoute,
  path: '/api',
  validateSearch: apiSearch,
  component: lazyRouteComponent(
    pageScripts(() => import('../pages/api/page.tsx')),
    'ApiPage',
  ),
});

const routeTree = rootRoute.addChildren({
  overview,
  revenue,
  experiments,
  experiment,
  users,
  user,
  conversations,
  datasets,
  dataset,
  lookup,
  imports,
  api,
});

export const createUiRouter = () =>
  createRouter({
    routeTree,
    parseSearch,
    stringifySearch,
    defaultPreload: 'intent',
    defaultErrorComponent: PageError,
    scrollRestoration: true,
  });

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createUiRouter>;
  }
}
