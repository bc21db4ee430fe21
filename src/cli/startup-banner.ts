import { routeList } from '../rest/routes.ts';

const query = '{ enrichedAggregate { nodes { key { userStatus city } measures { count sum } } total { count sum } } }';

/** What a server prints once it is ready: its address, and requests to try first. */
export const startupBanner = (url: string, needsKeys: boolean): string[] => {
  const routes = routeList.map(({ method, path, summary }) => ({ route: `${method} ${path}`, summary }));
  const width = Math.max(...routes.map(({ route }) => route.length));
  return [
    `listening on ${url}`,
    '',
    needsKeys
      ? 'Requests need an API key: see asof keys --help.'
      : 'There are no API keys: the server answers requests from this machine only.',
    '',
    `Pages:    ${url}/`,
    `GraphiQL: ${url}/graphql`,
    '',
    'Revenue by status and city:',
    `  curl -s ${url}/graphql${needsKeys ? ' -H "x-api-key: $KEY"' : ''} -H 'content-type: application/json' -d '${JSON.stringify({ query })}'`,
    '',
    'REST:',
    ...routes.map(({ route, summary }) => `  ${route.padEnd(width)}  ${summary}`),
  ];
};

/** What a server prints once, when it has added the first key. */
export const firstKeyBanner = (name: string, key: string): string[] => [
  '',
  '================================================================================',
  ' Other machines can reach this server, so every request needs an API key.',
  ` This is the first one, ${name}, with the scope admin. It is shown only this once:`,
  '',
  `   ${key}`,
  '',
  ' Keep it, and add keys for programs: asof keys add NAME --scope read',
  '================================================================================',
  '',
];
