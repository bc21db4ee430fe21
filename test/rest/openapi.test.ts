import { createConfig, lintFromString } from '@redocly/openapi-core';
import spectral, { type RulesetDefinition } from '@stoplight/spectral-core';
import { oas } from '@stoplight/spectral-rulesets';
import { expect, it, onTestFinished } from 'vitest';
import { routes } from '../../src/rest/routes.ts';
import { openApp } from '../support/app.ts';

const documentText = async (): Promise<string> => {
  const { get, close } = await openApp();
  onTestFinished(close);
  return (await get('/openapi.json')).text();
};

it('the OpenAPI document satisfies the strict rules of Redocly', async () => {
  const config = await createConfig({ extends: ['recommended-strict'] });
  const problems = await lintFromString({ source: await documentText(), config });
  expect(problems.map(({ ruleId, message, location }) => [ruleId, message, location[0]?.pointer])).toEqual([]);
});

it('the OpenAPI document satisfies all recommended rules of Spectral', async () => {
  const linter = new spectral.Spectral();
  linter.setRuleset({ extends: [[oas as RulesetDefinition, 'recommended']] });
  const problems = await linter.run(JSON.parse(await documentText()));
  expect(problems.map(({ code, message, path }) => [code, message, path.join('/')])).toEqual([]);
});

interface Operation {
  readonly operationId: string;
  readonly security: readonly object[];
  readonly 'x-required-scopes'?: readonly string[];
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: { readonly required: boolean; readonly content: object };
  readonly responses: Readonly<Record<string, { readonly content?: object; readonly headers?: object }>>;
}

it('each operation has an id of its own, its scopes, its body and all of its answers', async () => {
  const { paths } = JSON.parse(await documentText()) as { paths: Record<string, Record<string, Operation>> };
  const operationOf = (method: string, path: string) => paths[path]?.[method] as Operation;
  expect(new Set(routes.map(({ operationId }) => operationId)).size).toBe(routes.length);
  for (const { method, path, operationId, requiredScopes, body, fields } of routes) {
    const operation = operationOf(method.toLowerCase(), path);
    expect(operation.operationId).toBe(operationId);
    expect(operation['x-required-scopes'] ?? null).toEqual(requiredScopes);
    expect(operation.security).toEqual(requiredScopes ? [{ key: [] }, { bearer: [] }] : []);
    const hasFields = Object.keys(fields).length > 0;
    expect(operation.requestBody?.required, path).toBe(body ? true : hasFields ? false : undefined);
    for (const [, name] of path.matchAll(/\{(\w+)\}/g))
      expect(operation.parameters).toContainEqual(expect.objectContaining({ name, in: 'path', required: true }));
  }
  const put = operationOf('put', '/datasets/{name}');
  expect(Object.keys(put.responses['202']?.headers ?? {})).toEqual(['x-request-id', 'location']);
  expect(put.responses['202']?.content).toEqual(put.responses['200']?.content);
  const exported = operationOf('get', '/datasets/{name}/export');
  expect(Object.keys(exported.responses)).toEqual(expect.arrayContaining(['200', '304']));
  expect(Object.keys(exported.responses['200']?.content ?? {})).toEqual([
    ...['text/csv', 'application/x-ndjson', 'application/vnd.apache.parquet'],
  ]);
  const headers = operationOf('post', '/events').parameters?.filter((parameter) => parameter.in === 'header');
  expect(headers?.map(({ name }) => name)).toEqual(['idempotency-key']);
});
