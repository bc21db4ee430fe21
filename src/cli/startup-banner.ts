import { routeList } from '../rest/routes.ts';

const query = '{ enrichedAggregate { nodes { key { userStatus city } measures { count sum } } total { count sum } } }';

/** What a server says once it is ready: where it is, and what to try first. */
export const startupBanner = (url: string, needsKeys: boolean): string[] => {
  const pathWidth = Math.max(...routeList.map(({ path }) => path.length));
  return [
    `listening on ${url}`,
    '',
    needsKeys
      ? 'Requests need an API key: see asof keys --help.'
      : 'There are no API keys: requests of this machine are answered, others never come here.',
    '',
    `GraphiQL: ${url}/graphql`,
    '',
    'Revenue by status and city:',
    `  curl -s ${url}/graphql${needsKeys ? ' -H "x-api-key: $KEY"' : ''} -H 'content-type: application/json' -d '${JSON.stringify({ query })}'`,
    '',
    'REST:',
    ...routeList.map(({ method, path, summary }) => `  ${method} ${path.padEnd(pathWidth)}  ${summary}`),
  ];
};
