import type { ColumnName, ErasingTx, Row, Store } from '../../../db/store.ts';
import { alertAttempts, alertChanges, alertDeliveries } from '../../../db/tables/alerts.ts';
import { excludedUsers } from '../../../db/tables/excluded-users.ts';
import { idempotencyKeys } from '../../../db/tables/idempotency-keys.ts';
import { imports, rejectedRecords, rejectGroups } from '../../../db/tables/imports.ts';
import { settleRejectedRecord } from '../imports/reject-groups.ts';

/** What stands in place of an erased text. */
const erasedText = '(erased)';

/** Whose texts: those that name the person, and those of records that are the person's. */
export interface Person {
  names(text: string | null): boolean;
  isRecord(seq: number): boolean;
  /** Whether a text of an import names a row of a dataset that is erased with the person. */
  namesRow(text: string | null, importId: number): boolean;
}

/** What one text names, and how it is erased. */
export interface FoundText {
  readonly kind: TextKind;
  erase(tx: ErasingTx): void;
}

const textKinds = ['rejected records', 'imports', 'idempotency keys', 'alerts', 'reasons of exclusions'] as const;
export type TextKind = (typeof textKinds)[number];

const pageRows = 1000;

type PagedTable =
  | typeof rejectedRecords
  | typeof rejectGroups
  | typeof imports
  | typeof idempotencyKeys
  | typeof alertDeliveries
  | typeof alertChanges
  | typeof alertAttempts
  | typeof excludedUsers;

/** Reads all rows in pages. */
function* rowsOf<T extends PagedTable>(store: Store, table: T, key: ColumnName<T>): Generator<Row<T>> {
  for (let after = 0; ; ) {
    const rows = store.page(table, { key, direction: 'asc', after, limit: pageRows });
    yield* rows;
    if (rows.length < pageRows) return;
    after = (rows.at(-1) as Row<T>)[key] as number;
  }
}

/** The texts of records and rows that are not the person's own, and name the person. */
export function* textsNaming(store: Store, person: Person): Generator<FoundText> {
  yield* rejects(store, person);
  yield* importTexts(store, person);
  yield* storedAnswers(store, person);
  yield* messages(store, person);
  yield* reasons(store, person);
}

type Naming = Person['names'];

/** What names the person in the texts of an import. */
const namesIn = (
  { names, namesRow }: Pick<Person, 'names' | 'namesRow'>,
  { importId, target }: { readonly importId: number | null; readonly target: string },
): Naming => {
  if (importId === null || target !== 'DATASET') return names;
  return (text) => names(text) || namesRow(text, importId);
};

/** A rejected record stays, for the counts of its import, without what it said. */
function* rejects(store: Store, { isRecord, ...person }: Person): Generator<FoundText> {
  for (const row of rowsOf(store, rejectedRecords, 'id')) {
    const { id, target, raw, problems, source, settlement, settledSeq, state } = row;
    const names = namesIn(person, row);
    // The source of a user file is the person's file; elsewhere it is a file about many.
    const texts = [raw, settlement, JSON.stringify(problems), target === 'USER_FILES' ? source : null];
    const isPersonal = texts.some(names) || (settledSeq !== null && isRecord(settledSeq));
    if (!isPersonal && !names(source)) continue;
    const leftSource = names(source) ? erasedText : source;
    const rest = {
      raw: erasedText,
      settlement: erasedText,
      problems: problems.map(({ path, code }) => ({
        path: names(path) ? erasedText : path,
        code,
        message: erasedText,
      })),
    };
    yield {
      kind: 'rejected records',
      erase(tx) {
        if (isPersonal && state === 'OPEN')
          settleRejectedRecord(tx, row, { state: 'DISCARDED', settlement: erasedText, settledSeq: null });
        tx.update(rejectedRecords, { id }, { source: leftSource, ...(isPersonal ? rest : {}) });
      },
    };
  }
  for (const group of rowsOf(store, rejectGroups, 'id')) {
    const { id, source, field } = group;
    const names = namesIn(person, group);
    if (!names(source) && !names(field)) continue;
    const rest = { source: names(source) ? erasedText : source, field: names(field) ? erasedText : field };
    yield { kind: 'rejected records', erase: (tx) => tx.update(rejectGroups, { id }, rest) };
  }
}

function* importTexts(store: Store, person: Person): Generator<FoundText> {
  for (const { id, target, source, failureMessage, dialect, reading } of rowsOf(store, imports, 'id')) {
    const names = namesIn(person, { importId: id, target });
    if (![source, failureMessage, JSON.stringify(dialect), JSON.stringify(reading)].some(names)) continue;
    const rest = {
      source: names(source) ? erasedText : source,
      failureMessage: names(failureMessage) ? erasedText : failureMessage,
      dialect: names(JSON.stringify(dialect)) ? null : dialect,
      reading: names(JSON.stringify(reading)) ? null : reading,
    };
    yield { kind: 'imports', erase: (tx) => tx.update(imports, { id }, rest) };
  }
}

type Outcomes = Row<typeof idempotencyKeys>['outcomes'];

/** An answer stays without its texts, so that a batch that is sent again is not stored again. A key that names the person goes. */
function* storedAnswers(store: Store, { names }: Person): Generator<FoundText> {
  for (const { id, key, outcomes } of rowsOf(store, idempotencyKeys, 'id')) {
    if (names(key)) yield { kind: 'idempotency keys', erase: (tx) => tx.remove(idempotencyKeys, { id }) };
    else if (names(JSON.stringify(outcomes)))
      yield {
        kind: 'idempotency keys',
        erase: (tx) => tx.update(idempotencyKeys, { id }, { outcomes: withoutTexts(outcomes) }),
      };
  }
}

const withoutTexts = (outcomes: Outcomes): Outcomes =>
  outcomes.map((outcome) => {
    const [kind, problems, ...rest] = outcome;
    if (typeof problems === 'number') return outcome;
    return [kind, problems.map((problem) => ({ ...problem, message: erasedText })), ...rest] as Outcomes[number];
  });

/** What alerts said. A message that is still on its way is not sent any more. */
function* messages(store: Store, { names }: Person): Generator<FoundText> {
  for (const { id, body, subject, lastError, state } of rowsOf(store, alertDeliveries, 'id')) {
    if (![body, subject, lastError].some(names)) continue;
    const rest = { body: '{}', subject: names(subject) ? erasedText : subject, lastError: lastError && erasedText };
    yield {
      kind: 'alerts',
      erase(tx) {
        const end = state === 'PENDING' ? ({ state: 'FAILED', settledAtUs: tx.nowUs } as const) : {};
        tx.update(alertDeliveries, { id }, { ...rest, ...end });
      },
    };
  }
  for (const { seq, subject, message, figures } of rowsOf(store, alertChanges, 'seq')) {
    if (![subject, message, JSON.stringify(figures)].some(names)) continue;
    const rest = { subject: names(subject) ? erasedText : subject, message: erasedText, figures: {} };
    yield { kind: 'alerts', erase: (tx) => tx.eraseContent(alertChanges, seq, rest) };
  }
  for (const { seq, error } of rowsOf(store, alertAttempts, 'seq'))
    if (names(error))
      yield { kind: 'alerts', erase: (tx) => tx.eraseContent(alertAttempts, seq, { error: erasedText }) };
}

/** Reasons for excluding others. The person's own exclusions are records of the person. */
function* reasons(store: Store, { names, isRecord }: Person): Generator<FoundText> {
  for (const { seq, reason } of rowsOf(store, excludedUsers, 'seq'))
    if (names(reason) && !isRecord(seq))
      yield {
        kind: 'reasons of exclusions',
        erase: (tx) => tx.eraseContent(excludedUsers, seq, { reason: erasedText }),
      };
}
