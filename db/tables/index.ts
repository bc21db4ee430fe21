export * from './commits.ts';
export * from './intake.ts';
export * from './ip-city.ts';
export * from './transactions.ts';
export * from './user-status.ts';
