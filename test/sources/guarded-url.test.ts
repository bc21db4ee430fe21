import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, createServer as createRawServer, type Server, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseHostPort } from '../../src/lib/host-port.ts';
import { type LinkLimits, type LinkOptions, openGuardedUrl } from '../../src/sources/guarded-url.ts';
import { systemNetwork } from '../../src/sources/link-connection.ts';
import { zipOf } from '../support/zip.ts';

const limits: LinkLimits = { linkBytesMax: 1_000_000, linkIdleMs: 5000, linkTotalMs: 20_000, linkRedirectsMax: 5 };
const allowed = (...hosts: string[]) =>
  hosts.map((host) => {
    const entry = parseHostPort(host);
    if (!entry) throw new Error(`not a host: ${host}`);
    return entry;
  });

const read = async (link: string, options: LinkOptions = {}, changes: Partial<LinkLimits> = {}) => {
  const opened = await openGuardedUrl(link, { ...limits, ...changes }, options);
  const parts: Uint8Array[] = [];
  for await (const chunk of opened.chunks) parts.push(chunk);
  return { ...opened, bytesRead: opened.bytesRead, text: Buffer.concat(parts).toString() };
};

const codeOf = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'NO ERROR',
    (error: { code?: string }) => error.code ?? error,
  );

const listen = async (server: Server, host: string): Promise<number> => {
  server.listen(0, host);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
};

describe('links that are not allowed', () => {
  let connections = 0;
  const sockets = new Set<Socket>();
  const listener = createRawServer((socket) => {
    connections++;
    sockets.add(socket);
    socket.end('HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nsecret');
  });
  let port = 0;
  // It listens on every address of this machine, so that a connection by any spelling is noticed.
  beforeAll(async () => {
    port = await listen(listener, '::');
  });
  afterAll(() => {
    for (const socket of sockets) socket.destroy();
    listener.close();
  });

  const own = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .map(({ address, family }) => (family === 'IPv6' ? `[${address.replace(/%.*/, '')}]` : address));
  const hosts = [
    ...['127.0.0.1', '127.1', '127.0.1', '127.255.255.254', '0177.0.0.1', '0x7f.0.0.1', '0x7f000001', '2130706433'],
    ...['017700000001', '0x7F.1', '127.0.0.1.', '127.000.000.001', '00000177.0.0.1', '0', '0.0.0.0', '0x0', '00'],
    ...[
      '１２７.０.０.１',
      '127。0。0。1',
      '①②⑦.0.0.1',
      '%31%32%37.0.0.1',
      '127%2e0%2e0%2e1',
      '[::1]',
      '[::]',
      '[0:0:0:0:0:0:0:1]',
    ],
    ...['[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[0:0:0:0:0:ffff:7f00:0001]', '[::127.0.0.1]', '[::7f00:1]'],
    ...['[64:ff9b::127.0.0.1]', '[64:ff9b::7f00:1]', '[64:ff9b:1::7f00:1]', '[64:ff9b:1:ffff::127.0.0.1]'],
    ...['[2002:7f00:1::]', '[2002:7f00:1::1]', '[2001:0:7f00:1::]', '[2001::80ff:fffe]', '[fe80::1]', '[fec0::1]'],
    ...[
      '[fc00::1]',
      '[fd00:ec2::254]',
      '[ff02::1]',
      '[100::1]',
      '[5f00::1]',
      '[2001:db8::1]',
      '[3fff::1]',
      '[4000::1]',
    ],
    ...['[2001:20::1]', '[2001:1::1]', '[2001:3::1]', '[2001:2::1]', '[2620:4f:8000::1]', '[::ffff:0:127.0.0.1]'],
    ...[
      '10.0.0.1',
      '10.1',
      '172.16.0.1',
      '172.31.255.255',
      '192.168.0.1',
      '192.168.1',
      '100.64.0.1',
      '100.100.100.200',
    ],
    ...['169.254.169.254', '0xa9fea9fe', '2852039166', '0251.0376.0251.0376', '[::ffff:169.254.169.254]'],
    ...['192.0.0.1', '192.0.0.9', '192.0.2.1', '198.18.0.1', '198.19.255.255', '198.51.100.1', '203.0.113.1'],
    ...['192.88.99.1', '192.31.196.1', '192.52.193.1', '192.175.48.1', '224.0.0.1', '240.0.0.1', '255.255.255.255'],
    ...['168.63.129.16', 'localhost', 'LOCALHOST', 'localhost.', 'ｌｏｃａｌｈｏｓｔ', 'foo.localhost'],
    ...[
      '10.0.0.1.',
      '0xC0A80001',
      '3232235521',
      '0300.0250.0.1',
      '0xac.0x10.0.1',
      '192.168.257',
      '127.0x1',
      '127.0.0.0x1',
    ],
    ...[
      '037700000001',
      '0x64.64.0.1',
      '1681915905',
      '0xA9.254.43518',
      '4294967295',
      '0xffffffff',
      '１０.0.0.1',
      '192。168。0。1',
    ],
    ...['[::ffff:10.0.0.1]', '[::ffff:c0a8:1]', '[::ffff:172.16.0.1]', '[::ffff:0.0.0.0]', '[0:0:0:0:0:FFFF:7F00:1]'],
    ...['[::10.0.0.1]', '[::192.168.0.1]', '[64:ff9b::10.0.0.1]', '[64:ff9b::192.168.0.1]', '[64:ff9b::a9fe:a9fe]'],
    ...['[2002:a00:1::1]', '[2002:c0a8:1::]', '[2002:ac10:1::5]', '[2002:a9fe:a9fe::]', '[2001:0:0:0:0:0:f5ff:fffe]'],
    ...['[FC00:0:0:0::1]', '[fdff:ffff::1]', '[febf::1]', '[fe80:0:0:0:200:5efe:10.0.0.1]', '[ff01::1]', '[ff05::1:3]'],
    ...own,
  ];
  /** One address of each private block, as a resolver answers. */
  const resolved = [
    ...[
      '127.0.0.1',
      '10.0.0.1',
      '172.16.0.1',
      '192.168.0.1',
      '169.254.169.254',
      '100.64.0.1',
      '0.0.0.0',
      '168.63.129.16',
    ],
    ...[
      '::1',
      '::',
      '::ffff:127.0.0.1',
      '::ffff:a00:1',
      '::127.0.0.1',
      '64:ff9b::7f00:1',
      '2002:7f00:1::',
      '2002:c0a8:1::1',
    ],
    ...['fe80::1', 'fd00::1', 'fec0::1', 'ff02::1', '2001:0:7f00:1::', '::1%lo', 'not an address', ''],
  ];

  it.each(resolved)('never connects to a name that resolves to %j', async (address) => {
    const tried: string[] = [];
    const network = {
      resolve: async () => [address],
      connect: (addresses: readonly string[]) => {
        tried.push(...addresses);
        return connect(port, '127.0.0.1');
      },
    };
    expect(await codeOf(openGuardedUrl('http://inside.example/', limits, { network }))).toBe('ADDRESS_NOT_ALLOWED');
    expect(tried).toEqual([]);
  });

  it('tests more than sixty spellings of private addresses', () => {
    expect(new Set(hosts).size).toBeGreaterThan(120);
  });

  it.each(hosts)('never connects to %s', async (host) => {
    const before = connections;
    for (const scheme of ['http', 'https']) {
      const code = await codeOf(read(`${scheme}://${host}:${port}/`));
      // The resolver of this machine may not know the name.
      expect(code).toMatch(/^foo|\.$/.test(host) ? /^(ADDRESS_NOT_ALLOWED|UNREACHABLE)$/ : /^ADDRESS_NOT_ALLOWED$/);
    }
    expect(connections).toBe(before);
  });

  it.each([
    'file:///etc/passwd',
    'ftp://example.com/a.csv',
    'data:text/csv,a',
    'blob:http://127.0.0.1/a',
    'gopher://127.0.0.1/',
    'ws://example.com/',
    'javascript:alert(1)',
    'http://user@example.com/a.csv',
    'http://user:secret@example.com/a.csv',
    'https://:secret@example.com/a.csv',
  ])('refuses %s', async (link) => {
    const error = (await openGuardedUrl(link, limits).catch((caught: unknown) => caught)) as Error & { code: string };
    expect(error.code).toBe('ADDRESS_NOT_ALLOWED');
    expect(error.message).not.toContain('secret');
  });

  it('returns the same message for every reason', async () => {
    const links = [
      'ftp://example.com/',
      'http://u:p@example.com/',
      `http://127.0.0.1:${port}/`,
      'http://10.0.0.1/',
      'http://[::]/',
    ];
    const messages = await Promise.all(
      links.map((link) => openGuardedUrl(link, limits).catch(({ message }) => message)),
    );
    expect(new Set(messages).size).toBe(1);
  });

  it.each([
    '',
    'games.csv',
    '//host/a.csv',
    'http://',
    'http://[::1',
    'http://a b/',
    'http://1.2.3.4.5/',
    'http://[fe80::1%25lo]/',
  ])('rejects %j, which is not an absolute URL', async (link) => {
    expect(await codeOf(openGuardedUrl(link, limits))).toBe('BAD_REQUEST');
  });

  it('refuses a name with one private address and connects to none of its addresses', async () => {
    const tried: string[] = [];
    const network = {
      resolve: async () => ['93.184.215.14', '10.0.0.1'],
      connect: (addresses: readonly string[]) => {
        tried.push(...addresses);
        return connect(port, '127.0.0.1');
      },
    };
    expect(await codeOf(openGuardedUrl('http://rebound.example/', limits, { network }))).toBe('ADDRESS_NOT_ALLOWED');
    expect(tried).toEqual([]);
  });

  it('resolves a name once and connects to the address that it has checked', async () => {
    const answers = [['93.184.215.14'], ['127.0.0.1']];
    const tried: string[] = [];
    const network = {
      resolve: async () => answers.shift() ?? [],
      connect: (addresses: readonly string[]) => {
        tried.push(...addresses);
        const socket = connect(port, '127.0.0.1');
        socket.destroy();
        return socket;
      },
    };
    expect(await codeOf(openGuardedUrl('http://rebound.example/', limits, { network }))).toBe('UNREACHABLE');
    expect(tried).toEqual(['93.184.215.14']);
    expect(answers).toHaveLength(1);
  });

  it('sends nothing over a connection to another address', async () => {
    let bytes = 0;
    const trap = createRawServer((socket) =>
      socket.on('data', (data) => (bytes += data.length)).on('error', () => undefined),
    );
    const trapPort = await listen(trap, '127.0.0.1');
    const network = { resolve: async () => ['93.184.215.14'], connect: () => connect(trapPort, '127.0.0.1') };
    for (const scheme of ['http', 'https'])
      expect(await codeOf(openGuardedUrl(`${scheme}://elsewhere.example/`, limits, { network }))).toBe(
        'ADDRESS_NOT_ALLOWED',
      );
    trap.close();
    await once(trap, 'close');
    expect(bytes).toBe(0);
  });
});

describe('links to allowed hosts', () => {
  const csv = 'id,name\n1,Füchse\n2,猫\n';
  type Answer = (incoming: IncomingMessage, outgoing: ServerResponse) => void;
  const answers = new Map<string, Answer>();
  const requests: IncomingMessage[] = [];
  const server = createServer((incoming, outgoing) => {
    requests.push(incoming);
    const answer = answers.get(incoming.url ?? '');
    if (answer) answer(incoming, outgoing);
    else outgoing.writeHead(404).end('no');
  });
  let port = 0;
  let secretConnections = 0;
  const secret = createRawServer((socket) => {
    secretConnections++;
    socket.destroy();
  });
  let secretPort = 0;
  beforeAll(async () => {
    port = await listen(server, '127.0.0.1');
    secretPort = await listen(secret, '127.0.0.1');
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
    secret.close();
  });

  const at = (path: string, answer: Answer): string => {
    answers.set(path, answer);
    return `http://127.0.0.1:${port}${path}`;
  };
  const allow = () => allowed(`127.0.0.1:${port}`);
  const body = (path: string, content: Buffer | string, headers: Record<string, string> = {}): string =>
    at(path, (_incoming, outgoing) => {
      const length = String(Buffer.byteLength(content));
      outgoing.writeHead(200, { 'content-type': 'text/csv', 'content-length': length, ...headers }).end(content);
    });

  it('reads a file and returns its final URL and content type', async () => {
    const got = await read(`${body('/games.csv?v=1', csv)}#part`, { allow: allow() });
    expect(got).toMatchObject({
      text: csv,
      finalUrl: `http://127.0.0.1:${port}/games.csv?v=1`,
      contentType: 'text/csv',
      bytesTotal: Buffer.byteLength(csv),
      bytesRead: Buffer.byteLength(csv),
    });
    expect(requests.at(-1)?.headers).toMatchObject({
      host: `127.0.0.1:${port}`,
      'accept-encoding': 'gzip, deflate, br',
    });
  });

  it('matches an allowed host in any spelling, at its port only', async () => {
    body('/a.csv', csv);
    expect((await read(`http://LOCALHOST:${port}/a.csv`, { allow: allowed('LocalHost') })).text).toBe(csv);
    expect((await read(`http://0x7f.1:${port}/a.csv`, { allow: allow() })).text).toBe(csv);
    expect(await codeOf(read(`http://127.0.0.1:${port}/a.csv`, { allow: allowed(`127.0.0.1:${port + 1}`) }))).toBe(
      'ADDRESS_NOT_ALLOWED',
    );
    expect(await codeOf(read(`http://127.0.0.1:${port}/a.csv`, { allow: allowed('localhost') }))).toBe(
      'ADDRESS_NOT_ALLOWED',
    );
  });

  it.each([301, 302, 303, 307, 308])('follows absolute and relative redirects with status %i', async (status) => {
    body('/target.csv', csv);
    const link = at(`/r${status}`, (_incoming, outgoing) =>
      outgoing.writeHead(status, { location: 'target.csv#x' }).end('elsewhere'),
    );
    const got = await read(link, { allow: allow() });
    expect(got.text).toBe(csv);
    expect(got.finalUrl).toBe(`http://127.0.0.1:${port}/target.csv`);
  });

  it('follows at most linkRedirectsMax redirects', async () => {
    body('/hop/0', csv);
    for (let hop = 1; hop <= 6; hop++)
      at(`/hop/${hop}`, (_incoming, outgoing) => outgoing.writeHead(302, { location: `/hop/${hop - 1}` }).end());
    const link = (hops: number) => `http://127.0.0.1:${port}/hop/${hops}`;
    expect((await read(link(5), { allow: allow() })).text).toBe(csv);
    expect(await codeOf(read(link(6), { allow: allow() }))).toBe('UNREACHABLE');
    expect(await codeOf(read(link(1), { allow: allow() }, { linkRedirectsMax: 0 }))).toBe('UNREACHABLE');
    const loop = at('/loop', (_incoming, outgoing) => outgoing.writeHead(302, { location: '/loop' }).end());
    expect(await codeOf(read(loop, { allow: allow() }))).toBe('UNREACHABLE');
  });

  it('checks the target of every redirect', async () => {
    const hosts = [
      '127.1',
      '2130706433',
      '0x7f000001',
      '0177.0.0.1',
      '127.0.0.1.',
      '[::1]',
      '[::127.0.0.1]',
      '[::]',
      '0.0.0.0',
    ];
    const embedding = [
      '[64:ff9b::7f00:1]',
      '[2002:7f00:1::]',
      '[::ffff:127.0.0.1]',
      'LOCALHOST',
      '%31%32%37.0.0.1',
      '10.0.0.1',
    ];
    for (const to of [
      ...[...hosts, ...embedding].map((host) => `http://${host}:${secretPort}/`),
      ...[...hosts, ...embedding].map((host) => `//${host}:${secretPort}/`),
      `http://127.0.0.1:${secretPort}/`,
      `http://localhost:${secretPort}/`,
      `http://[::ffff:7f00:1]:${secretPort}/`,
      `//0:${secretPort}/`,
      'file:///etc/passwd',
      'data:text/csv,a',
      `http://user:pw@127.0.0.1:${port}/target.csv`,
      'http://[::1',
    ]) {
      const link = at('/away', (_incoming, outgoing) => outgoing.writeHead(302, { location: to }).end());
      expect([to, await codeOf(read(link, { allow: allow() }))]).toEqual([to, 'ADDRESS_NOT_ALLOWED']);
    }
    expect(secretConnections).toBe(0);
  });

  it.each([
    ['gzip', gzipSync(csv)],
    ['x-gzip', gzipSync(csv)],
    ['deflate', deflateSync(csv)],
    ['deflate', deflateRawSync(csv)],
    ['br', brotliCompressSync(csv)],
    ['identity', Buffer.from(csv)],
  ])('decodes the content coding %s', async (coding, content) => {
    const got = await read(body('/coded', content, { 'content-encoding': coding }), { allow: allow() });
    expect(got.text).toBe(csv);
    expect(got.bytesRead).toBe(content.length);
  });

  it('decompresses gzip and zip files, also within a content coding', async () => {
    const get = (content: Buffer, headers = {}) => read(body('/packed', content, headers), { allow: allow() });
    expect((await get(gzipSync(csv))).text).toBe(csv);
    expect((await get(Buffer.concat([gzipSync('id\n'), gzipSync('1\n')]))).text).toBe('id\n1\n');
    expect((await get(zipOf([{ name: 'games.csv', content: csv }]))).text).toBe(csv);
    expect((await get(gzipSync(gzipSync(csv)), { 'content-encoding': 'gzip' })).text).toBe(csv);
    expect((await get(Buffer.alloc(0))).text).toBe('');
    expect((await get(Buffer.from('PK'))).text).toBe('PK');
  });

  it('rejects unsupported content codings', async () => {
    for (const coding of ['zstd', 'gzip, gzip', 'compress'])
      expect(await codeOf(read(body('/odd', csv, { 'content-encoding': coding }), { allow: allow() }))).toBe(
        'UNREACHABLE',
      );
  });

  it.each([201, 204, 206, 304, 400, 401, 403, 404, 500, 503])('rejects a response with status %i', async (status) => {
    const link = at('/status', (_incoming, outgoing) => outgoing.writeHead(status).end());
    expect(await codeOf(read(link, { allow: allow() }))).toBe('UNREACHABLE');
  });

  it('limits the announced, the received and the decompressed bytes', async () => {
    const link = (path: string, answer: Answer) => at(path, answer);
    const announced = body('/announced', randomBytes(1001));
    expect(await codeOf(openGuardedUrl(announced, { ...limits, linkBytesMax: 1000 }, { allow: allow() }))).toBe(
      'TOO_LARGE',
    );
    expect((await read(announced, { allow: allow() }, { linkBytesMax: 1001 })).bytesRead).toBe(1001);
    const endless = link('/endless', (_incoming, outgoing) => {
      outgoing.writeHead(200);
      const more = (): void => {
        while (!outgoing.destroyed && outgoing.write('1,2,3\n'.repeat(1000)));
      };
      outgoing.on('drain', more);
      more();
    });
    expect(await codeOf(read(endless, { allow: allow() }))).toBe('TOO_LARGE');
    const rows = '1,2,3\n'.repeat(1_000_000);
    for (const content of [gzipSync(rows), zipOf([{ name: 'a.csv', content: rows }])])
      expect(await codeOf(read(body('/bomb', content), { allow: allow() }))).toBe('TOO_LARGE');
    for (const [coding, content] of [
      ['gzip', gzipSync(rows)],
      ['br', brotliCompressSync(rows)],
      ['deflate', deflateSync(rows)],
    ] as const)
      expect(await codeOf(read(body('/bomb', content, { 'content-encoding': coding }), { allow: allow() }))).toBe(
        'TOO_LARGE',
      );
  });

  it('does not decompress ahead of the reader', async () => {
    const rows = '1,2,3\n'.repeat(5_000_000);
    const opened = await openGuardedUrl(
      body('/ahead', gzipSync(rows, { level: 1 })),
      { ...limits, linkBytesMax: 50_000_000 },
      { allow: allow() },
    );
    let bytes = 0;
    let largest = 0;
    const hash = createHash('sha256');
    for await (const chunk of opened.chunks) {
      await new Promise(setImmediate);
      bytes += chunk.byteLength;
      largest = Math.max(largest, chunk.byteLength);
      hash.update(chunk);
    }
    expect(bytes).toBe(rows.length);
    expect(largest).toBeLessThanOrEqual(65_536);
    expect(hash.digest('hex')).toBe(createHash('sha256').update(rows).digest('hex'));
  });

  it('detects truncated and invalid responses', async () => {
    const cut = at('/cut', (_incoming, outgoing) => {
      outgoing.writeHead(200, { 'content-length': '1000' });
      outgoing.write('id\n1\n', () => outgoing.destroy());
    });
    const cutChunks = at('/cut-chunks', (_incoming, outgoing) => {
      outgoing.writeHead(200);
      outgoing.write('id\n1\n', () => outgoing.destroy());
    });
    for (const link of [cut, cutChunks]) expect(await codeOf(read(link, { allow: allow() }))).toBe('UNREACHABLE');
    const packed = gzipSync(randomBytes(5000));
    expect(await codeOf(read(body('/cut-gzip', packed.subarray(0, 4000)), { allow: allow() }))).toBe('UNREACHABLE');
    packed[2000] = (packed[2000] ?? 0) ^ 255;
    expect(await codeOf(read(body('/bad-gzip', packed), { allow: allow() }))).toBe('UNREACHABLE');
    const never = at('/never', (_incoming, outgoing) => outgoing.destroy());
    expect(await codeOf(read(never, { allow: allow() }))).toBe('UNREACHABLE');
    const upgrade = at('/upgrade', ({ socket }) =>
      socket.end('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
    );
    expect(await codeOf(read(upgrade, { allow: allow() }))).toBe('UNREACHABLE');
    const noise = at('/noise', ({ socket }) => socket.end('SSH-2.0-OpenSSH_9.6\r\n'));
    expect(await codeOf(read(noise, { allow: allow() }))).toBe('UNREACHABLE');
    const headers = at('/headers', ({ socket }) => socket.end(`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(1e6)}\r\n\r\n`));
    expect(await codeOf(read(headers, { allow: allow() }))).toBe('UNREACHABLE');
  });

  it('returns the same message for an unknown name, a closed port and a silent host', async () => {
    const mute = createRawServer(() => undefined);
    const mutePort = await listen(mute, '127.0.0.1');
    const closed = createRawServer();
    const closedPort = await listen(closed, '127.0.0.1');
    closed.close();
    const unknown = {
      ...systemNetwork,
      resolve: () => Promise.reject(Object.assign(new Error(), { code: 'ENOTFOUND' })),
    };
    const faults = await Promise.all(
      [
        openGuardedUrl('http://nobody.example/', limits, { network: unknown }),
        openGuardedUrl(`http://127.0.0.1:${closedPort}/`, limits, { allow: allowed('127.0.0.1') }),
        openGuardedUrl(`http://127.0.0.1:${mutePort}/`, { ...limits, linkIdleMs: 50 }, { allow: allowed('127.0.0.1') }),
        openGuardedUrl(
          `https://127.0.0.1:${mutePort}/`,
          { ...limits, linkIdleMs: 50 },
          { allow: allowed('127.0.0.1') },
        ),
      ].map((work) =>
        work.then(
          () => 'opened',
          ({ code, message }) => `${code} ${message}`,
        ),
      ),
    );
    mute.close();
    expect(new Set(faults)).toEqual(new Set(['UNREACHABLE the link cannot be reached']));
  });

  it('closes the connection of a server that sends too slowly', async () => {
    let closed = 0;
    const dripping = at('/drip', (_incoming, outgoing) => {
      outgoing.writeHead(200);
      const drip = setInterval(() => outgoing.write('1\n'), 10);
      outgoing.on('close', () => {
        closed++;
        clearInterval(drip);
      });
    });
    expect(await codeOf(read(dripping, { allow: allow() }, { linkTotalMs: 200 }))).toBe('UNREACHABLE');
    const stuck = at('/stuck', (_incoming, outgoing) => {
      outgoing.writeHead(200).write('1\n');
      outgoing.on('close', () => closed++);
    });
    expect(await codeOf(read(stuck, { allow: allow() }, { linkIdleMs: 100 }))).toBe('UNREACHABLE');
    await expect.poll(() => closed).toBe(2);
  });

  it('throws the abort reason of the caller, and closes connections that are not read to their end', async () => {
    let closed = 0;
    const stop = new AbortController();
    const stuck = at('/stop', (_incoming, outgoing) => {
      outgoing.writeHead(200).write('id,name\n');
      outgoing.on('close', () => closed++);
      setTimeout(() => stop.abort(new Error('enough')), 50);
    });
    const reading = read(stuck, { allow: allow(), signal: stop.signal });
    await expect(reading).rejects.toThrow('enough');
    await expect(read(stuck, { allow: allow(), signal: stop.signal })).rejects.toThrow('enough');
    const left = await openGuardedUrl(stuck, limits, { allow: allow() });
    for await (const _chunk of left.chunks) break;
    const unread = await openGuardedUrl(stuck, limits, { allow: allow() });
    unread.close();
    await expect.poll(() => closed).toBe(3);
  });
});
