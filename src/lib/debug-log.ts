/** Where a domain or an engine reports its steps to operators; the program's logger is one. */
export interface DebugLog {
  debug(fields: object, message: string): void;
}

/** For tools and tests that need no log. */
export const silentLog: DebugLog = { debug: () => undefined };
