import type { OpenAPIHono } from '@hono/zod-openapi';

export type ApiDocument = ReturnType<OpenAPIHono['getOpenAPI31Document']>;

export type Operation = NonNullable<NonNullable<ApiDocument['paths']>[string]['get']>;

/** One method of one path. */
export interface DocumentedRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly operation: Operation;
}

/** All operations, in the order of the routes' paths. */
export const operationsOf = ({ paths }: ApiDocument): DocumentedRoute[] =>
  Object.entries(paths ?? {}).flatMap(([path, { get, post, put, delete: remove }]) => [
    ...(get ? [{ method: 'GET' as const, path, operation: get }] : []),
    ...(post ? [{ method: 'POST' as const, path, operation: post }] : []),
    ...(put ? [{ method: 'PUT' as const, path, operation: put }] : []),
    ...(remove ? [{ method: 'DELETE' as const, path, operation: remove }] : []),
  ]);

/** The parts of a parameter that the page shows; the generator writes no references to them. */
export interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  /** Another name of a parameter that is shown already. */
  readonly deprecated?: boolean;
  readonly description?: string;
  readonly schema: { readonly example?: string; readonly type?: string };
}

/** Where a parameter is sent, and whether it may be absent. A body that is not required may have the parameters of the query. */
export const locationOf = ({ name, in: location, required }: Parameter, { requestBody }: Operation): string => {
  const { content = {}, required: isNeeded } = (requestBody ?? { required: true }) as {
    readonly required?: boolean;
    readonly content?: Readonly<Record<string, { readonly schema?: { readonly required?: readonly string[] } }>>;
  };
  if (location !== 'query' || isNeeded) return required ? location : `${location}, optional`;
  const isRequired = Object.values(content).some(({ schema }) => schema?.required?.includes(name));
  return `query or body${isRequired ? '' : ', optional'}`;
};
