import { z } from '@hono/zod-openapi';
import { operationsOf } from '../api-document.ts';
import { pagePolicy } from '../docs-form.ts';
import { docsPage } from '../docs-page.ts';
import { defineRoute } from '../route.ts';

export const index = defineRoute({
  operationId: 'getIndex',
  tag: 'Server',
  path: '/',
  subject: 'documentation',
  summary: 'All routes as a short list; browsers get the web UI',
  description: 'A client that prefers HTML gets the first page of the web UI.',
  response: {
    schema: z.object({
      graphql: z.string(),
      docs: z.string(),
      routes: z.array(z.object({ method: z.string(), path: z.string(), summary: z.string() })),
    }),
  },
  handle(_input, _services, { document }) {
    const routes = operationsOf(document()).map(({ method, path, operation: { summary } }) => ({
      method,
      path,
      summary,
    }));
    return { graphql: '/graphql', docs: '/docs', routes };
  },
});

export const docs = defineRoute({
  operationId: 'getDocumentation',
  tag: 'Server',
  path: '/docs',
  subject: 'documentation',
  summary: 'All routes as a page to read, with a form to try each',
  description: 'The page needs nothing from other servers.',
  response: { schema: z.string(), type: 'text/html' },
  async handle(_input, _services, { origin, document }) {
    const headers = {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': pagePolicy,
    };
    return new Response(await docsPage(document(), origin), { headers });
  },
});

export const openapi = defineRoute({
  operationId: 'getOpenApi',
  tag: 'Server',
  path: '/openapi.json',
  subject: 'documentation',
  summary: 'All routes as an OpenAPI 3.1 document',
  description: 'For generators of clients and for tools such as Postman.',
  response: { schema: z.looseObject({ openapi: z.string() }) },
  handle: (_input, _services, { document }) => document(),
});
