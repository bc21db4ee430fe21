/** A number from 0 to below 1. */
export type Draw = () => number;

const isVowel = (symbol: string): boolean => 'aeiou'.includes(symbol);

/** True for the letter that is a vowel in some words and a consonant in others: no guess at it is right or wrong. */
export const isBoth = (symbol: string): boolean => symbol === 'y';

export const isWrongGuess = (symbol: string, isVowelGuess: boolean): boolean =>
  !isBoth(symbol) && isVowelGuess !== isVowel(symbol);

/** Guesses whether a symbol is a vowel; `noise` is how probable the opposite of the right guess is. */
export const guessVowel = (symbol: string, noise: number, draw: Draw): boolean => {
  if (isBoth(symbol)) return draw() < 0.5;
  return draw() < noise ? !isVowel(symbol) : isVowel(symbol);
};
