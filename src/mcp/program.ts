import type { ApiKeys, Principal } from '../domains/api-keys.ts';
import type { Operations } from '../graphql/operations.ts';
import type { DocumentTool } from './tools.ts';

/** What the tools of documents run on. */
export interface McpProgram {
  /** The tools of all trusted documents. */
  tools(): readonly DocumentTool[];
  readonly operations: Operations;
  readonly apiKeys: ApiKeys;
  /** Version of the program. */
  readonly version: string;
}

/** Who calls the tools. */
export interface McpCaller {
  readonly caller: Principal | null;
  /** Scheme, host and port as the client wrote them. */
  readonly origin: string;
  /** The id under which the log has what goes wrong. */
  requestId(): string;
  /** Whether numbers that a double cannot hold arrive as ExactNumbers; otherwise they have been rounded. */
  readonly hasExactNumbers: boolean;
  /** Brings the program up to date before a call. */
  beforeCall(): Promise<void>;
}
