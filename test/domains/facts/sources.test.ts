import { describe, expect, it, onTestFinished } from 'vitest';
import { type OpenApp, openApp } from '../../support/app.ts';

const openShop = async (): Promise<OpenApp> => {
  const app = await openApp();
  onTestFinished(app.close);
  const users = [
    { user_id: 'a', country: 'DE', gender: 'female' },
    { user_id: 'b', country: 'SE', gender: 'male' },
  ];
  await app.importFile('users', { name: 'users.json', text: JSON.stringify(users) });
  const { errors } = await app.query(`mutation {
    recordEvents(input: { experiment: "x", events: [
      { userId: "a", accountType: "free", occurredAt: "2025-01-01", variant: "A" }
      { userId: "a", accountType: "free", occurredAt: "2025-01-02", variant: "A", amount: "2.50" }
      { userId: "b", accountType: "paid", occurredAt: "2025-01-01", variant: "B", experiment: "y" }
      { userId: "c", accountType: "paid", occurredAt: "2025-01-03", variant: "B", eventType: "view" }
    ] }) { __typename }
    recordTransactions(input: { transactions: [
      { transactionId: "1", userId: "a", occurredAt: "2025-01-01", productId: "p", amount: "20" }
      { transactionId: "2", userId: "b", occurredAt: "2025-01-02", productId: "q", amount: "5" }
    ] }) { __typename } }`);
  expect(errors).toBeUndefined();
  return app;
};

describe('enrichedAggregate', () => {
  it('groups by default as its source can be grouped', async () => {
    const app = await openShop();
    const { data, errors } = await app.query(`{
      default: enrichedAggregate { nodes { key { userStatus city variant } measures { count } } }
      events: enrichedAggregate(source: EXPERIMENT_EVENTS) { nodes { key { variant country userStatus } measures { count } } }
      nothing: enrichedAggregate(source: EXPERIMENT_EVENTS, groupBy: null) { totalCount }
      all: enrichedAggregate(source: EXPERIMENT_EVENTS, groupBy: []) { nodes { key { variant } measures { count sum } } } }`);
    expect(errors).toBeUndefined();
    const event = (variant: string, country: string, count: number) => ({
      key: { variant, country, userStatus: null },
      measures: { count },
    });
    expect(data).toEqual({
      default: {
        nodes: [{ key: { userStatus: 'NON_PAYING', city: 'unknown', variant: null }, measures: { count: 2 } }],
      },
      events: { nodes: [event('A', 'DE', 2), event('B', 'SE', 1), event('B', 'unknown', 1)] },
      nothing: { totalCount: 3 },
      all: { nodes: [{ key: { variant: null }, measures: { count: 4, sum: '2.5' } }] },
    });
  });

  it.each([
    ['EXPERIMENT_EVENTS', '{ cities: ["Lund"] }', 'where.cities does not apply to EXPERIMENT_EVENTS'],
    ['EXPERIMENT_EVENTS', '{ productIds: [] }', 'where.productIds does not apply to EXPERIMENT_EVENTS'],
    ['TRANSACTIONS', '{ variants: ["A"] }', 'where.variants does not apply to TRANSACTIONS'],
    ['TRANSACTIONS', '{ not: { experiments: ["x"] } }', 'where.not.experiments does not apply to TRANSACTIONS'],
    [
      'TRANSACTIONS',
      '{ or: [{ userIds: ["a"] }, { and: [{ eventTypes: ["view"] }] }] }',
      'where.or[1].and[0].eventTypes',
    ],
    ['TRANSACTIONS', '{ accountTypes: ["free"], cities: ["Lund"] }', 'where.accountTypes'],
  ])('of %s refuses the condition in %s by its name', async (source, where, message) => {
    const app = await openShop();
    const { errors } = await app.query(`{ enrichedAggregate(source: ${source}, where: ${where}) { totalCount } }`);
    expect(errors).toMatchObject([{ message: expect.stringContaining(message), extensions: { code: 'BAD_REQUEST' } }]);
  });
});

describe('the lists of facts', () => {
  it('filter by the conditions that their facts have', async () => {
    const app = await openShop();
    const { data, errors } = await app.query(`{
      transactions(where: { productIds: ["p", "x"], not: { cities: ["Lund"] } }) { nodes { transactionId } }
      unknownCity: transactions(where: { cities: ["unknown"], countries: ["SE"] }) { nodes { transactionId } }
      experimentEvents(where: { experiments: ["y"] }) { nodes { userId } }
      typed: experimentEvents(where: { or: [{ eventTypes: ["view"] }, { variants: ["A"], amountAtLeast: "1" }] }) { nodes { userId } }
      user(userId: "a") {
        transactions(where: { productIds: ["q"] }) { totalCount }
        experimentEvents(where: { accountTypes: ["free"] }) { totalCount }
      }
      monitor(experiment: "x", where: { accountTypes: ["paid"] }) { deployment { variant eventCount } } }`);
    expect(errors).toBeUndefined();
    expect(data).toEqual({
      transactions: { nodes: [{ transactionId: '1' }] },
      unknownCity: { nodes: [{ transactionId: '2' }] },
      experimentEvents: { nodes: [{ userId: 'b' }] },
      typed: { nodes: [{ userId: 'a' }, { userId: 'c' }] },
      user: { transactions: { totalCount: 0 }, experimentEvents: { totalCount: 2 } },
      monitor: { deployment: [{ variant: 'B', eventCount: 1 }] },
    });
  });

  it.each([
    ['transactions', 'variants: ["A"]', 'TransactionFilter'],
    ['transactions', 'not: { experiments: ["x"] }', 'TransactionFilter'],
    ['experimentEvents', 'cities: ["Lund"]', 'ExperimentEventFilter'],
    ['experimentEvents', 'and: [{ productIds: ["p"] }]', 'ExperimentEventFilter'],
  ])('%s has no condition %s', async (list, where, type) => {
    const app = await openShop();
    const { errors } = await app.query(`{ ${list}(where: { ${where} }) { totalCount } }`);
    expect(errors?.[0]?.message).toContain(`is not defined by type "${type}"`);
  });
});
