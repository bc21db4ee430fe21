/** Upper bounds of histograms, seconds: a look-up takes fractions of a millisecond, an export minutes. */
export const durationBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60];

/** The same for steps inside of a request. */
export const stepBuckets = [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5];

/** Upper bounds of numbers of keys or jobs. */
export const countBuckets = [1, 2, 5, 10, 50, 100, 500, 1000, 10_000];
