import type { Area } from '../ledger/areas.ts';

/** The groups of routes in the documentation, in its order, and what the answers of each rest on. */
export const tags = [
  { name: 'User status', area: 'statusChanges', description: 'Whether a user paid at an instant.' },
  { name: 'IP addresses', area: 'ipAddresses', description: 'The city of an address.' },
  { name: 'Transactions', area: 'facts', description: 'Revenue by status and city.' },
  {
    name: 'Experiments',
    area: 'facts',
    description: 'Events of experiments, and whether an experiment is deployed as planned.',
  },
  { name: 'Conversations', area: 'conversations', description: 'Conversations about symbols, and their dashboard.' },
  { name: 'Users', area: 'facts', description: 'Users and images from a folder or a bucket.' },
  { name: 'Datasets', area: 'datasets', description: 'CSV files as typed tables with versions.' },
  { name: 'SQL', area: 'sql', description: 'SELECT statements over datasets and facts.' },
  { name: 'Server', area: 'server', description: 'Health of the server, and its documentation.' },
] as const satisfies readonly { readonly name: string; readonly area: Area; readonly description: string }[];

export type Tag = (typeof tags)[number]['name'];

export const areaOf = (tag: Tag): Area => tags.find(({ name }) => name === tag)?.area ?? 'facts';
