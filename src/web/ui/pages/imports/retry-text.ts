/**
 * Whether a rejected text can be tried again as it is: records are tried as JSON objects, and text of a CSV file does not
 * say what its columns are.
 */
export const isRetryable = (raw: string): boolean => {
  try {
    const value: unknown = JSON.parse(raw);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
};
