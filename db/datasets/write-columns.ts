import { CellParser, type ColumnPlan, type ColumnType, type DatasetColumn, encodeCell } from '../../src/lib/cells.ts';
import { type ColumnFileWriter, writeColumnFile } from './column-file.ts';
import { samePlan, TypeStats } from './infer.ts';

export interface TextRow {
  readonly cells: readonly string[];
  readonly line: number;
  readonly importId: number;
}

/** Rows in order; may be gone through again. */
export type TextRows = () => AsyncIterable<readonly TextRow[]>;

export interface ColumnSpec {
  readonly name: string;
  readonly header: string;
  readonly explicitType: ColumnType | undefined;
}

interface WrittenFile {
  readonly columns: readonly DatasetColumn[];
  readonly rowCount: number;
}

/**
 * Writes rows of texts to a version's file, each column by the type that all of its cells speak for. The types are guessed
 * by the first rows and every cell is judged on its way; only if the whole says otherwise the rows are gone through again.
 */
export const writeColumns = async (
  target: string,
  named: readonly ColumnSpec[],
  rows: TextRows,
  removeFile: () => Promise<void>,
): Promise<WrittenFile> => {
  const tallies = named.map(() => new TypeStats());
  const planAll = () => tallies.map((tally, place) => tally.plan(named[place]?.explicitType));
  const first = await writePass(target, named, rows, tallies);
  const plans = planAll();
  if (plans.every((plan, place) => samePlan(plan, first.plans[place] as ColumnPlan))) return first.finish();
  first.writer.close();
  await removeFile();
  const second = await writePass(target, named, rows, plans);
  return second.finish();
};

const writePass = async (
  target: string,
  named: readonly ColumnSpec[],
  rows: TextRows,
  known: readonly TypeStats[] | readonly ColumnPlan[],
) => {
  const tallies = known.every((each) => each instanceof TypeStats) ? known : null;
  const judged = new CellParser();
  let plans = tallies ? null : (known as readonly ColumnPlan[]);
  let opened: ColumnFileWriter | null = plans && writeColumnFile(target, plans);
  const nulls = new Float64Array(named.length);
  const misfits = new Float64Array(named.length);
  const isPlainText = named.map(() => false);
  const values: (string | number | bigint | null)[] = named.map(() => null);

  const open = (sample: readonly TextRow[]): ColumnFileWriter => {
    plans = guessPlans(named, sample, judged);
    opened = writeColumnFile(target, plans);
    return opened;
  };

  try {
    for await (const batch of rows()) {
      const writer: ColumnFileWriter = opened ?? open(batch);
      if (!tallies)
        plans?.forEach((plan, place) => {
          isPlainText[place] = plan.type === 'STRING';
        });
      for (const { cells, line, importId } of batch) {
        for (let column = 0; column < cells.length; column += 1) {
          const text = cells[column] as string;
          if (text === '') {
            nulls[column] = (nulls[column] as number) + 1;
            values[column] = null;
            continue;
          }
          if (isPlainText[column]) {
            values[column] = text;
            continue;
          }
          const kind = judged.parse(text);
          tallies?.[column]?.add(kind, judged);
          const value = encodeCell((plans as readonly ColumnPlan[])[column] as ColumnPlan, text, kind, judged);
          if (value === undefined) {
            nulls[column] = (nulls[column] as number) + 1;
            misfits[column] = (misfits[column] as number) + 1;
            writer.addMisfit(column, text);
            values[column] = null;
          } else values[column] = value;
        }
        writer.add(values, line, importId);
      }
    }
    const writer: ColumnFileWriter = opened ?? open([]);
    const used = plans as unknown as readonly ColumnPlan[];
    return {
      plans: used,
      writer,
      finish(): WrittenFile {
        const columns = used.map(
          (plan, place): DatasetColumn => ({
            ...plan,
            name: named[place]?.name ?? '',
            header: named[place]?.header ?? '',
            nulls: nulls[place] as number,
            misfits: misfits[place] as number,
          }),
        );
        const { rows: rowCount } = writer;
        writer.finish(columns);
        return { columns, rowCount };
      },
    };
  } catch (error) {
    opened?.close();
    throw error;
  }
};

const guessPlans = (named: readonly ColumnSpec[], sample: readonly TextRow[], judged: CellParser): ColumnPlan[] =>
  named.map(({ explicitType: asked }, column) => {
    const tally = new TypeStats();
    for (const { cells } of sample) {
      const text = cells[column] as string;
      if (text !== '') tally.add(judged.parse(text), judged);
    }
    return tally.plan(asked);
  });
