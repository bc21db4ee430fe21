/** Fixed words and counts only: what people send never becomes an attribute, a label or a name. */
export type Attributes = Readonly<Record<string, string | number>>;

/** Where parts of the program report steps that take time. */
export interface Trace {
  /** Takes a step as a span of the current trace; a promise ends it when it settles. Returns what `work` returns. */
  span<R>(name: string, attributes: Attributes, work: () => R): R;
}

/** For a program without traces. */
export const noTrace: Trace = { span: (_name, _attributes, work) => work() };

/** A GraphQL operation that has ended. */
export interface OperationEnd {
  readonly type: string;
  /** The name in a trusted document, otherwise the field that the operation asks for. */
  readonly operation: string;
  /** `ok`, or the code of its first error. */
  readonly outcome: string;
  readonly seconds: number;
}

/** What the program reports to operators while it answers. Each call costs about a microsecond at most. */
export interface Observer {
  readonly trace: Trace;
  operationEnded(end: OperationEnd): void;
  /** All metrics in the text format of Prometheus. */
  metrics(): Promise<string>;
  /** Loads one batch of keys. */
  loaderBatch<R>(loader: string, keys: number, load: () => R): R;
}

/** For tools and tests that observe nothing. */
export const noObserver: Observer = {
  trace: noTrace,
  operationEnded: () => undefined,
  metrics: async () => '',
  loaderBatch: (_loader, _keys, load) => load(),
};
