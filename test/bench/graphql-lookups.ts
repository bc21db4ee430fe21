/** How the lookups differ: by their variables, not at all, or each by the literals in its document. */
export type LookupMode = 'variables' | 'text' | 'literals' | 'unrepeated';

const users = 1000;
const byVariables =
  'query Status($userId: ID!, $date: DateTime!) { userStatus(userId: $userId, date: $date) { status } }';
// The schema of some peers has no DateTime.
const byText = byVariables.replace('DateTime', 'String');

/** The body of a request. `seed` makes documents that no other run has sent. */
export const lookupBody = (mode: LookupMode, index: number, seed: number): string => {
  if (mode === 'variables' || mode === 'text')
    return JSON.stringify({
      query: mode === 'text' ? byText : byVariables,
      variables: { userId: String(index % users), date: '2017-02-10' },
    });
  const userId = mode === 'literals' ? '1' : `${index % users}`;
  // A date that no other request has.
  const date = mode === 'literals' ? '2017-02-10' : new Date(Date.UTC(2017, 1, 10) + seed * 1e9 + index).toISOString();
  return JSON.stringify({ query: `{ userStatus(userId: "${userId}", date: "${date}") { status } }` });
};
