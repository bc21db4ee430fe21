import { z } from '@hono/zod-openapi';
import { docsPage, operationsOf } from '../docs-page.ts';
import { defineRoute } from '../route.ts';

export const index = defineRoute({
  path: '/',
  subject: 'documentation',
  summary: 'All routes as a short list; browsers are redirected to GraphiQL at /graphql',
  response: {
    schema: z.object({
      graphql: z.string(),
      docs: z.string(),
      routes: z.array(z.object({ method: z.string(), path: z.string(), summary: z.string() })),
    }),
  },
  handle(_input, _services, { preferredType, document }) {
    if (preferredType === 'text/html') return new Response(null, { status: 302, headers: { location: '/graphql' } });
    const routes = operationsOf(document()).map(({ method, path, operation: { summary } }) => ({
      method,
      path,
      summary,
    }));
    return { graphql: '/graphql', docs: '/docs', routes };
  },
});

export const docs = defineRoute({
  path: '/docs',
  subject: 'documentation',
  summary: 'All routes as a page to read',
  response: { schema: z.string(), type: 'text/html' },
  async handle(_input, _services, { origin, document }) {
    const headers = {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
    };
    return new Response(await docsPage(document(), origin), { headers });
  },
});

export const openapi = defineRoute({
  path: '/openapi.json',
  subject: 'documentation',
  summary: 'All routes as an OpenAPI 3.1 document',
  response: { schema: z.looseObject({ openapi: z.string() }) },
  handle: (_input, _services, { document }) => document(),
});
