export * from './commits.ts';
export * from './conversations.ts';
export * from './experiments.ts';
export * from './intake.ts';
export * from './ip-city.ts';
export * from './transactions.ts';
export * from './user-status.ts';
export * from './users.ts';
