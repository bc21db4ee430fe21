import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import {
  CallToolRequestSchema,
  type CallToolResult,
  ErrorCode,
  ListToolsRequestSchema,
  McpError,
} from '@modelcontextprotocol/sdk/types.js';
import { DomainError } from '../errors.ts';
import { checkAccess } from '../graphql/access.ts';
import type { Answer } from '../graphql/answer.ts';
import { isPrepared, prepareInStages } from '../graphql/operations.ts';
import { preview } from '../lib/problems.ts';
import type { McpCaller, McpProgram } from './program.ts';
import type { DocumentTool } from './tools.ts';

/** A server of the Model Context Protocol for one caller, whose tools are the trusted documents that the caller may run. */
export const createMcpServer = (program: McpProgram, caller: McpCaller): McpServer => {
  const mcp = new McpServer(
    { name: 'asof', version: program.version },
    {
      capabilities: { tools: { listChanged: true } },
      instructions:
        'Each tool runs one query of asof, a ledger of status changes, purchases, experiment events and conversations that answers what was true at a time. Amounts are exact decimals as text; instants are RFC 3339, UTC without an offset.',
    },
  );
  const tools = (): readonly DocumentTool[] =>
    program.tools().filter(({ access }) => isAllowed(() => checkAccess(access, program.apiKeys, caller.caller)));

  mcp.server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: tools().map(({ name, description, inputSchema, isMutation }) => ({
      name,
      description,
      inputSchema,
      annotations: isMutation ? mutationHints : queryHints,
    })),
  }));
  mcp.server.setRequestHandler(CallToolRequestSchema, async ({ params }) => {
    const tool = tools().find(({ name }) => name === params.name);
    if (!tool) throw new McpError(ErrorCode.InvalidParams, `there is no tool ${preview(params.name)} for this caller`);
    return resultOf(await run(program, caller, tool, params.arguments ?? {}));
  });
  return mcp;
};

const queryHints = { readOnlyHint: true, idempotentHint: true, openWorldHint: false } as const;
const mutationHints = {
  readOnlyHint: false,
  destructiveHint: true,
  idempotentHint: false,
  openWorldHint: false,
} as const;

const isAllowed = (check: () => void): boolean => {
  try {
    check();
    return true;
  } catch (error) {
    if (error instanceof DomainError) return false;
    throw error;
  }
};

const run = async (
  { operations }: McpProgram,
  { caller, origin, requestId, hasExactNumbers, beforeCall }: McpCaller,
  { text, operationName, inputSchema }: DocumentTool,
  variables: Readonly<Record<string, unknown>>,
): Promise<Answer['result']> => {
  const id = requestId();
  const refuse = (message: string) => operations.refuse(new DomainError('BAD_REQUEST', message), id).result;
  const names = Object.keys(inputSchema.properties);
  // GraphQL ignores variables that an operation does not have.
  const unknown = Object.keys(variables).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    const available = names.length === 0 ? 'the tool has none' : `there are ${names.join(', ')}`;
    return refuse(`there is no argument ${preview(unknown)}: ${available}`);
  }
  if (!hasExactNumbers && hasRounded(variables)) return refuse('numbers above 2^53 are not exact: send them as text');
  await beforeCall();
  const parameters = { query: text, documentId: null, operationName, variables, extensions: null };
  const request = { parameters, caller, origin, requestId: id, isReadOnly: false };
  const prepared = await prepareInStages(operations, request);
  return (isPrepared(prepared) ? await operations.execute(prepared) : prepared).result;
};

const hasRounded = (value: unknown): boolean =>
  typeof value === 'number'
    ? Number.isInteger(value) && !Number.isSafeInteger(value)
    : typeof value === 'object' && value !== null && Object.values(value).some(hasRounded);

/** Errors, also those beside data, are an error of the tool, with their codes. */
const resultOf = ({ data, errors }: Answer['result']): CallToolResult => {
  const content = errors ? { errors, ...(data ? { data } : {}) } : (data ?? {});
  return {
    content: [{ type: 'text', text: JSON.stringify(content) }],
    structuredContent: content as Record<string, unknown>,
    ...(errors ? { isError: true } : {}),
  };
};
