import { expect, it } from 'vitest';
import { alertApp, eventually, planCheckout, sendVariant } from '../../support/alerts.ts';
import { sendEvents } from '../../support/events.ts';
import { keyOf, signatureFor } from '../../support/hook-server.ts';

it('a broken experiment is reported once, signed, with the sentence, the figures and a link, and once when it has recovered', async () => {
  const app = await alertApp({ settings: { publicUrl: 'https://asof.example.com/base/' } });
  const { hook } = app;
  const { secret } = await app.add('when: EXPERIMENT_BROKEN');
  await planCheckout(app);
  await sendVariant(app, 'A', 99);
  await sendVariant(app, 'B', 99);
  await sendVariant(app, 'A', 400, 'more');
  await eventually(() => hook.requests.length).toBe(1);
  const [request] = hook.requests;
  if (!request) throw new Error('no request');
  expect(request).toMatchObject({
    method: 'POST',
    path: '/services/T0-secret-token',
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'webhook-id': expect.stringMatching(/^msg_[\w-]{24}$/),
      'webhook-timestamp': expect.stringMatching(/^\d{10}$/),
      'webhook-signature': signatureFor(request, keyOf(secret ?? '')),
    },
  });
  expect(Math.abs(Number(request.headers['webhook-timestamp']) - Date.now() / 1000)).toBeLessThan(60);
  const message = hook.messages()[0];
  expect(message).toEqual({
    type: 'experiment.broken',
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\S+Z$/),
    data: {
      alert: 1,
      state: 'BROKEN',
      subject: 'checkout',
      message: expect.stringMatching(/^All markets: 598 users split A 499, B 99, .*sequential p = /),
      figures: expect.objectContaining({
        experiment: 'checkout',
        verdict: 'BROKEN',
        check: 'SAMPLE_RATIO',
        country: null,
        observed: [
          { variant: 'A', users: 499, expected: 299 },
          { variant: 'B', users: 99, expected: 299 },
        ],
        brokenSince: expect.stringMatching(/Z$/),
      }),
      sequence: 600,
      link: expect.stringMatching(/^https:\/\/asof\.example\.com\/base\/graphql\?query=/),
    },
  });
  // The link answers what it promises.
  const { pathname, search } = new URL(message?.data.link ?? '');
  const answer = await app.get(pathname.replace('/base', '') + search, { headers: { accept: 'application/json' } });
  expect(await answer.json()).toMatchObject({ data: { monitor: { verdict: 'BROKEN' } } });

  // More of the same is no change.
  await sendVariant(app, 'A', 50, 'again');
  await sendVariant(app, 'B', 450, 'recovered');
  await eventually(() => hook.messages().length).toBe(2);
  expect(hook.messages()[1]).toMatchObject({
    type: 'experiment.broken',
    data: { state: 'OK', subject: 'checkout', message: expect.stringMatching(/^The verdict is (HEALTHY|WATCH)\. /) },
  });
  await eventually(async () => (await app.deliveries()).map(({ state }) => state)).toEqual(['DELIVERED', 'DELIVERED']);
  expect(hook.requests.length).toBe(2);
  const { data } =
    await app.query(`{ alerts { nodes { number event broken changes { nodes { subject state message figures
    provenance { sequence } } } } } }`);
  expect(data).toMatchObject({
    alerts: {
      nodes: [
        {
          number: 1,
          event: 'EXPERIMENT_BROKEN',
          broken: [],
          changes: {
            nodes: [
              { subject: 'checkout', state: 'OK' },
              { state: 'BROKEN', message: message?.data.message, provenance: { sequence: 600 } },
            ],
          },
        },
      ],
    },
  });
});

it('an experiment that is broken when its alert is added is reported, others of the rule are not, and too few users are not broken', async () => {
  const app = await alertApp();
  await planCheckout(app);
  await sendVariant(app, 'A', 3);
  await app.add('when: EXPERIMENT_BROKEN, experiment: "other"');
  await app.add('when: EXPERIMENT_BROKEN, experiment: "checkout"');
  await sendVariant(app, 'A', 300, 'more');
  await eventually(() => app.hook.messages().map(({ data }) => [data.alert, data.state])).toEqual([[2, 'BROKEN']]);
  expect(app.hook.messages()[0]?.data.message).toMatch(/30[0-9]/);

  app.hook.requests.length = 0;
  await app.add('when: EXPERIMENT_BROKEN, experiment: "checkout", format: SLACK');
  await eventually(() => app.hook.requests.length).toBe(1);
  const [request] = app.hook.requests;
  if (!request) throw new Error('no request');
  const { headers, body } = request;
  expect(headers['webhook-signature']).toBeUndefined();
  expect(headers['webhook-id']).toMatch(/^msg_/);
  const slack = JSON.parse(body) as Record<string, unknown>;
  expect(Object.keys(slack)).toEqual(['text', 'blocks']);
  expect(slack).toMatchObject({
    text: expect.stringMatching(/^Alert: experiment\.broken \(checkout\): All markets: /),
    blocks: [
      {
        type: 'section',
        text: { type: 'mrkdwn', text: expect.stringContaining('*Alert: experiment.broken* (checkout)\n') },
      },
      { type: 'section', fields: expect.arrayContaining([{ type: 'mrkdwn', text: '*verdict*\nBROKEN' }]) },
      {
        type: 'section',
        text: { type: 'mrkdwn', text: expect.stringMatching(/^<http:\/\/\S+\/graphql\?query=\S+\|Open>$/) },
      },
    ],
  });
});

it('experiments that only events name are judged too, at most alertExperimentsMax, and plans that have not begun or have ended are not', async () => {
  const app = await alertApp({ settings: { alertExperimentsMax: '2' } });
  await app.add('when: EXPERIMENT_BROKEN');
  const lopsided = (experiment: string) =>
    sendEvents(
      app,
      Array.from({ length: 400 }, (_, index) => ({
        userId: `${experiment}${index}`,
        experiment,
        version: index < 20 ? 'A' : 'B',
      })),
    );
  await planCheckout(app);
  for (const key of ['ended', 'later'])
    await app.query(`mutation { saveExperiment(input: { key: "${key}",
      ${key === 'ended' ? 'startedAt: "2020-01-01", endedAt: "2020-02-01"' : 'startedAt: "2200-01-01"'},
      allocation: [{ variant: "A", weight: 1 }, { variant: "B", weight: 1 }] }) { __typename } }`);
  await lopsided('ended');
  await lopsided('later');
  await lopsided('unplanned');
  await eventually(() => app.hook.messages().map(({ data }) => [data.subject, data.state])).toEqual([
    ['unplanned', 'BROKEN'],
  ]);
});
