import { useState } from 'react';
import { type CombinedError, useMutation } from 'urql';
import {
  ExperimentSaveDocument,
  type ExperimentSaveMutation,
  type SaveExperimentInput,
} from '../../generated/graphql.ts';
import type { FieldFaults } from './plan-draft.ts';

export type SavedPlan = Extract<
  NonNullable<ExperimentSaveMutation['saveExperiment']>,
  { __typename: 'SaveExperimentPayload' }
>;

interface Answer {
  /** What a dry run would do. */
  readonly preview: SavedPlan | null;
  readonly faults: FieldFaults;
  /** Why it was refused as a whole. */
  readonly message: string | null;
  readonly error: CombinedError | undefined;
}

const noAnswer: Answer = { preview: null, faults: {}, message: null, error: undefined };

/** Saves a plan, or says what saving would do, and keeps what the server said about its fields. */
export const usePlanSave = () => {
  const [answer, setAnswer] = useState(noAnswer);
  const [{ fetching }, execute] = useMutation(ExperimentSaveDocument);
  const save = async (input: SaveExperimentInput, dryRun: boolean): Promise<SavedPlan | null> => {
    const { data, error } = await execute({ input: { ...input, dryRun } });
    const result = data?.saveExperiment;
    if (result?.__typename === 'SaveExperimentPayload') {
      setAnswer({ ...noAnswer, preview: dryRun ? result : null });
      return result;
    }
    const problems = result?.__typename === 'ValidationError' ? result.problems : [];
    setAnswer({
      ...noAnswer,
      faults: Object.fromEntries(problems.map(({ path, message }) => [path, message])),
      message: problems.length > 0 ? 'See the fields that are marked.' : (result?.message ?? null),
      error,
    });
    return null;
  };
  return { save, isBusy: fetching, preview: answer.preview, answer, forget: () => setAnswer(noAnswer) };
};
