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
 * Answers are remembered, and their further measures and pages are statements that come later. The tables that a question
 * reads what is stored from are dropped meanwhile when enriched facts have been stored anew twice, and all tables, with the
 * cities that were found for it, when the copy is begun anew. It is prepared again then, for the same sequence number, so
 * that the facts are the same.
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
