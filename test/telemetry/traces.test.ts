import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { openServer } from '../../src/http/server.ts';
import { openTracing } from '../../src/telemetry/tracing.ts';
import { folder } from '../cli/asof-process.ts';
import { fixture } from '../support/app.ts';
import { openOtlpReceiver } from '../support/otlp-receiver.ts';

it('a request is one trace: request, operation, loader and statement, below the span that the client names', async () => {
  const receiver = await openOtlpReceiver();
  const config = readConfig({ data: await folder(), otlpEndpoint: receiver.url });
  const log = pino({ level: 'silent' });
  const app = createApp(config, { log, ui: '', tracing: openTracing(config, '1.2.3') });
  await app.start();
  const run = await app.domains.imports.start('user-status', [
    { path: fixture('status-changes.json'), name: 'status-changes.json' },
  ]);
  await run.done;
  const { fastPath, observe } = app;
  const server = await openServer(app.fetch, { host: '127.0.0.1', port: 0, log, fastPath, observe });
  onTestFinished(() => server.stop());
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', traceparent: `00-${traceId}-b7ad6b7169203331-01` },
    body: JSON.stringify({
      query: '{ transaction(transactionId: "t-1") { transactionId } imports(first: 2) { nodes { id state } } }',
    }),
  });
  expect(response.status).toBe(200);
  await response.text();
  await server.stop();
  await app.close();

  const spans = receiver.spans();
  const ofTrace = spans.filter((span) => span.traceId === traceId);
  const named = (pattern: RegExp) => ofTrace.find(({ name }) => pattern.test(name));
  const request = named(/^POST \/graphql$/);
  const operation = named(/^query several$/);
  expect(request?.parentSpanId).toBe('b7ad6b7169203331');
  expect(operation?.parentSpanId).toBe(request?.spanId);
  expect(named(/^SQL page$/)).toBeDefined();
  expect(named(/^load /)).toBeDefined();
  expect(spans.map(({ name }) => name)).toEqual(expect.arrayContaining(['SQL write']));
  expect(spans.some(({ name }) => name.startsWith('import '))).toBe(true);
});
