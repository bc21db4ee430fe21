const users = 'userId country firstName birthDate hasImage image { sha256 }';
const fields = (id: string) => `
  userStatus(userId: "a", date: "2020-06-03", asOf: $asOf) {
    status validFrom validTo user { ${id} ${users} }
    explanation {
      rule decidedBy { ${id} status effectiveAt user { ${id} country } }
      ignored { reason change { ${id} status effectiveAt } }
    }
  }
  user(userId: "b", asOf: $asOf) {
    ${id} ${users} age(at: "2024-01-01") status(at: "2020-06-04") { status user { ${id} country } }
    statusTimeline { status validFrom validTo } statusChanges { nodes { ${id} status user { ${id} } } }
    transactions { totalCount nodes { ${id} transactionId } }
  }
  users(asOf: $asOf, orderBy: { by: NAME, direction: DESC }, first: 2) {
    totalCount nodes { ${id} ${users} } pageInfo { hasNextPage } snapshot { sequence at }
  }
  paying: users(asOf: $asOf, orderBy: { by: AGE }, where: { status: { in: [PAYING], at: "2020-06-03" } }) {
    totalCount nodes { userId }
  }
  userStatistics(asOf: $asOf, where: { ageAt: "2024-01-01" }) {
    count withImage averageAge medianAge byCountry { label count } byStatus(at: "2020-06-03") { label count } snapshot { sequence }
  }
  ipCity(ip: "10.0.0.4", asOf: $asOf) {
    city range { first last city } candidates { city } table { number rangeCount recordedAt sequence }
  }
  enrichedAggregate(asOf: $asOf, groupBy: [USER_STATUS, CITY, COUNTRY]) {
    nodes { key { userStatus city country } measures { count sum } } snapshot { sequence }
  }
  oslo: enrichedAggregate(asOf: $asOf, groupBy: [], where: { cities: ["oslo", "unknown"] }) { total { count sum } }
  dashboard(asOf: $asOf) {
    symbols { symbol count followups earliest latest guessAccuracy } total { count followups } orphanFollowups
    trend(grain: MINUTE) { periodStart symbol count followups } snapshot { sequence at }
  }
  part: dashboard(asOf: $asOf, symbols: ["e"], range: { last: "PT1H" }) { total { count followups earliest } }
  conversations(asOf: $asOf, last: 2) {
    totalCount nodes { ${id} uuid followups { receivedAt conversation { ${id} } } } snapshot { sequence }
  }
  conversation(uuid: "00000000-0000-4000-8000-000000000001", asOf: $asOf) { ${id} symbol followups { receivedAt } }
  followups(asOf: $asOf) { totalCount nodes { uuid conversation { ${id} symbol } } }
  some: followups(asOf: $asOf, uuid: "00000000-0000-4000-8000-000000000002") { totalCount }
`;
/** A query of many answers `$asOf` a snapshot about the users a to c; `id` is the field that identifies an object. */
export const snapshotDocument = (id: string): string => `query ($asOf: AsOfInput) { ${fields(id)} }`;

/** Paths with such answers, to which `&sequence=N` may be added. */
export const snapshotPaths = [
  '/user_status/a?date=2020-06-03',
  '/user_status?user_id=b&date=2020-06-02',
  '/ip_city/10.0.0.4?',
  '/ip_city?ip=10.0.0.7',
  '/dashboard/symbol/e?',
  '/dashboard/range/2000-01-01/2200-01-01?',
  '/data?',
  '/data?is_image_exists=true',
  '/stats?min_age=1',
  '/transactions/aggregate?',
];
