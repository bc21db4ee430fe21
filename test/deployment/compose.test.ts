import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readConfig, settings } from '../../src/config.ts';
import { asof, folder, serve } from '../cli/asof-process.ts';
import { root } from '../support/modules.ts';

interface Service {
  readonly image?: string;
  readonly build?: string;
  readonly profiles?: readonly string[];
  readonly command?: string | readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: readonly string[] | Readonly<Record<string, { readonly condition: string }>>;
}

const read = (path: string): string => readFileSync(join(root, path), 'utf8');

const compose = parse(read('docker-compose.yml')) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
};
const services = Object.entries(compose.services);
const dockerfile = read('Dockerfile');

/** The settings that the image sets. */
const imageEnvironment = Object.fromEntries(
  [...dockerfile.matchAll(/\b(ASOF_[A-Z_]+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value]),
);

describe('docker-compose.yml', () => {
  it('starts only the server without a profile, and publishes on loopback only', () => {
    expect(services.filter(([, { profiles }]) => !profiles).map(([name]) => name)).toEqual(['asof']);
    for (const [name, { ports = [] }] of services)
      for (const port of ports) expect([name, port]).toEqual([name, expect.stringMatching(/^127\.0\.0\.1:\d+:\d+$/)]);
  });

  it('names services, volumes and files that exist, and versions of images', () => {
    for (const [name, { depends_on: others = [], volumes = [], image = '', build }] of services) {
      for (const other of Array.isArray(others) ? others : Object.keys(others))
        expect(compose.services).toHaveProperty(other);
      for (const volume of volumes) {
        const [source = ''] = volume.split(':');
        if (source.startsWith('.'))
          expect([name, source, existsSync(join(root, source))]).toEqual([name, source, true]);
        else expect(compose.volumes).toHaveProperty(source);
      }
      if (!build && image !== 'asof') expect(image).toMatch(/:\S+$/);
    }
  });

  it('sets only settings that exist, and values that the program accepts', () => {
    const known = new Set(settings.map(({ variable }) => variable));
    for (const [name, { environment = {} }] of services) {
      const ours = Object.keys(environment).filter((variable) => variable.startsWith('ASOF_'));
      expect([name, ours.filter((variable) => !known.has(variable))]).toEqual([name, []]);
      expect(() => readConfig({}, { ...imageEnvironment, ...environment })).not.toThrow();
    }
  });

  it('its commands start a server that makes a key, and a key for monitoring, by which metrics are read', async () => {
    // As the image does, in a folder of the test and on a free port.
    const [, serveArgs = ''] = /CMD (\["node", "dist\/src\/cli\.js", "serve"\])\s*$/.exec(dockerfile) ?? [];
    expect(JSON.parse(serveArgs)).toEqual(['node', 'dist/src/cli.js', 'serve']);
    const data = await folder();
    const { ASOF_HOST = '' } = imageEnvironment;
    expect(ASOF_HOST).toBe('0.0.0.0');
    const server = await serve(['--data', data], 'cli', { ASOF_HOST });
    const [key = ''] = /asof_[\w-]{43}/.exec(server.output.stdout) ?? [];
    const command = [compose.services['monitoring-key']?.command ?? []].flat().at(-1) ?? '';
    const [, words = ''] = /cli\.js (.*) --data \/data > \/keys\/monitoring$/.exec(command) ?? [];
    const added = await asof([...words.split(' '), '--data', data]);
    expect(added.code).toBe(0);
    const statusWith = async (token: string) =>
      (await fetch(`${server.url}/metrics`, { headers: { authorization: `Bearer ${token}` } })).status;
    expect([await statusWith(key), await statusWith(added.stdout.trim()), await statusWith('other')]).toEqual([
      200, 200, 401,
    ]);
    expect(await server.stop()).toBe(0);
  });

  it('Prometheus asks for the metrics of the server with the key that was made', () => {
    const { scrape_configs: jobs } = parse(read('examples/monitoring/prometheus.yml')) as {
      scrape_configs: readonly { metrics_path: string; authorization: unknown; static_configs: unknown }[];
    };
    expect(jobs).toMatchObject([
      {
        metrics_path: '/metrics',
        authorization: { type: 'Bearer', credentials_file: '/keys/monitoring' },
        static_configs: [{ targets: ['asof:4000'] }],
      },
    ]);
    expect(parse(read('examples/monitoring/grafana/provisioning/datasources/prometheus.yml'))).toMatchObject({
      datasources: [{ uid: 'prometheus', url: 'http://prometheus:9090' }],
    });
  });
});
