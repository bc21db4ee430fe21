import type { FactSource } from '../../src/domains/facts/dimensions.ts';
import { isTableMissing } from './connection.ts';
import { prepareQuestion, type Question, type QuestionOptions, type QuestionServices } from './question.ts';

/** A question about one state whose statements may run at any later time. */
export interface LastingQuestion {
  readonly sequence: number;
  /** Runs statements about the facts of the question. A repeat begins with nothing of what a failed attempt has read. */
  run<R>(statements: (question: Question) => Promise<R>): Promise<R>;
}

/**
 * A question that is prepared anew when its tables are gone. An answer is remembered, and its further measures and pages run
 * statements later. Meanwhile its tables may have been dropped: those of enriched facts once these were stored anew twice, all
 * tables when the copy is made anew. It is prepared for the same sequence number, so its facts are the same.
 */
export const askLasting = (
  services: QuestionServices,
  source: FactSource,
  options: QuestionOptions,
): LastingQuestion => {
  const sequence = services.ledger.resolveSequence(options.asOf ?? {});
  const asOf = { sequence, validAtUs: options.asOf?.validAtUs };
  let prepared: { readonly copy: number; readonly question: Question } | undefined;
  const prepare = async (copy: number): Promise<Question> => {
    const question = await prepareQuestion(services, source, { ...options, asOf });
    prepared = { copy, question };
    return question;
  };
  return {
    sequence,
    run: (statements) =>
      services.projector.read(sequence, async (copy) => {
        try {
          return await statements(prepared?.copy === copy ? prepared.question : await prepare(copy));
        } catch (error) {
          if (!isTableMissing(error)) throw error;
          return statements(await prepare(copy));
        }
      }),
  };
};
