import { z } from '@hono/zod-openapi';
import { defineRoute } from '../route.ts';

export const metrics = defineRoute({
  operationId: 'getMetrics',
  tag: 'Server',
  path: '/metrics',
  subject: 'server',
  scopes: ['read'],
  summary: 'Metrics for Prometheus',
  description:
    'In the text format of Prometheus. Where keys are in use it needs one: the metrics name trusted documents and count records.',
  response: { schema: z.string(), type: 'text/plain' },
  handle: async (_input, { observer }) =>
    new Response(await observer.metrics(), { headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' } }),
});
