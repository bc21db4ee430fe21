const hidden = '…';

/** A SQL statement without the values that were bound to it: they name people. */
export const withoutValues = (sql: string): string =>
  sql.replace(/[xX]?'(?:[^']|'')*'/g, '?').replace(/(?<![\w"])-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w"])/g, '?');

/** Quoted text, addresses of people and machines, links and keys: what a message may have from what people sent. */
const sensitive = [
  /"(?:[^"\\]|\\.)*"|'[^']*'|`[^`]*`|“[^”]*”|‘[^’]*’/gs,
  /\b[a-z][a-z0-9+.-]*:\/\/\S+/gi,
  /\S+@\S+/g,
  /\basof_[\w-]+/g,
  /\b\d{1,3}(?:\.\d{1,3}){3}\b/g,
  /(?<![\w:])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\w:])/gi,
];

/** A message as the log may have it. */
const messageForLog = (message: string): string =>
  sensitive.reduce((text, pattern) => text.replace(pattern, hidden), message);

interface LoggedError {
  readonly type: string;
  readonly code?: string;
  readonly message: string;
  /** Where it was thrown; without the message, which begins an error's own stack. */
  readonly stack?: string;
  readonly cause?: unknown;
}

/** How many causes of an error are logged. */
const causesMax = 3;

/**
 * Errors whose messages are about the program or the machine. Those of all others are answers to whoever caused them, and
 * quote what these sent.
 */
const ofProgram = new Set(['Error', 'TypeError', 'RangeError', 'ReferenceError', 'AssertionError', 'SqliteError']);

/** An error as the log may have it: what kind it is and where it was thrown, and its message where that names nobody. */
export const errorForLog = (error: unknown, causes = causesMax): unknown => {
  if (!(error instanceof Error)) return typeof error === 'string' ? messageForLog(error) : error;
  // GraphQL errors wrap what a resolver threw.
  const {
    code,
    originalError,
    cause = originalError,
  } = error as {
    readonly code?: unknown;
    readonly cause?: unknown;
    readonly originalError?: unknown;
  };
  const frames = error.stack?.split('\n').filter((line) => /^\s+at /.test(line));
  const logged: LoggedError = {
    type: error.name,
    ...(typeof code === 'string' ? { code } : {}),
    message: ofProgram.has(error.name) ? messageForLog(error.message) : hidden,
    ...(frames && frames.length > 0 ? { stack: frames.join('\n') } : {}),
    ...(cause !== undefined && causes > 0 ? { cause: errorForLog(cause, causes - 1) } : {}),
  };
  return logged;
};
