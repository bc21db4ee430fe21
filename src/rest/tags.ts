/** The groups of routes in the documentation, in its order. */
export const tags = [
  { name: 'User status', description: 'Whether a user paid at an instant.' },
  { name: 'IP addresses', description: 'The city of an address.' },
  { name: 'Transactions', description: 'Revenue by status and city.' },
  { name: 'Experiments', description: 'Events of experiments, and whether an experiment is deployed as planned.' },
  { name: 'Conversations', description: 'Conversations about symbols, and their dashboard.' },
  { name: 'Users', description: 'Users and images from a folder or a bucket.' },
  { name: 'Datasets', description: 'CSV files as typed tables with versions.' },
  { name: 'SQL', description: 'SELECT statements over datasets and facts.' },
  { name: 'Server', description: 'Health of the server, and its documentation.' },
] as const;

export type Tag = (typeof tags)[number]['name'];
