import { z } from '@hono/zod-openapi';
import { DomainError } from '../../errors.ts';
import { defineRoute } from '../route.ts';

export const healthz = defineRoute({
  operationId: 'getHealth',
  tag: 'Server',
  path: '/healthz',
  subject: 'server',
  summary: 'Whether the process responds',
  description: 'For supervisors that restart a process which does not respond.',
  response: { schema: z.object({ status: z.literal('ok') }), example: { status: 'ok' } },
  handle: () => ({ status: 'ok' }),
});

export const readyz = defineRoute({
  operationId: 'getReadiness',
  tag: 'Server',
  path: '/readyz',
  subject: 'server',
  summary: 'Whether the server can answer queries and store records: 503 until the indices are built',
  description:
    'For load balancers that send requests only to servers that can answer them. 503 as well with OUT_OF_SPACE, STORAGE_FAILED or OUTDATED while writes fail, and with NOT_READY from the moment on that the server is asked to stop.',
  response: {
    schema: z.object({
      status: z.literal('ready'),
      sequence: z.int().min(0).openapi({ description: 'Sequence number of the newest record that responses include.' }),
    }),
    example: { status: 'ready', sequence: 23 },
  },
  handle(_input, { ledger, health, server }) {
    if (server.isStopping) throw new DomainError('NOT_READY', 'the server is stopping');
    if (!ledger.ready) throw new DomainError('NOT_READY', 'the indices are being built');
    const fault = health.writeFault();
    if (fault) throw fault;
    const [damage] = ledger.damages;
    if (damage) throw new DomainError('DATA_DAMAGED', `${damage.message}; answers that do not rest on it are served`);
    return { status: 'ready', sequence: ledger.snapshot().sequence };
  },
});
