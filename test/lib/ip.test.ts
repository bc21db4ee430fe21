import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  cidrsOf,
  compareIp,
  formatIp,
  type IpAddress,
  ipKey,
  ipOfKey,
  kindOf,
  parseCidr,
  parseIp,
} from '../../src/lib/ip.ts';

const word = fc.oneof(fc.constantFrom(0, 1, 0xffff, 0x10000, 0x80000000, 0xffffffff), fc.nat(0xffffffff));
const ip4 = word.map((value): IpAddress => ({ family: 4, value }));
const ip6 = fc
  .tuple(word, word, word, word)
  .filter(([a, b, c]) => a !== 0 || b !== 0 || c !== 0xffff)
  .map((words): IpAddress => ({ family: 6, words }));
const anyIp = fc.oneof(ip4, ip6);

const parsed = (text: string): IpAddress => {
  const ip = parseIp(text);
  if (ip === null) throw new Error(`refused: ${text}`);
  return ip;
};

describe('parseIp', () => {
  const odd4 =
    '. ... 1 12345 1.2 1.2.3 1.2.3. .1.2.3 1..2.3 1.2.3.4. 1.2.3.4.5 010.0.0.1 1.2.3.04 1.2.3.00 00.0.0.0 ' +
    '000.000.000.000 1.2.3.256 1.2.3.1000 999.1.1.1 0x7f.1 0x7f.0.0.1 0x7f000001 2130706433 1e1.0.0.1 +1.2.3.4 ' +
    '-1.2.3.4 1.2.3.-4 1.2.3.4/32 1.2.3.4:80 1,2,3,4 a.b.c.d localhost unknown １.2.3.4 1。2。3。4 ١.٢.٣.٤';
  const odd6 =
    ': ::: 1:2:3:4:5:6:7 1:2:3:4:5:6:7:8:9 1::2::3 12345:: g:: ::1%eth0 ::1%0 fe80::1%25en0 [::1] ::1/128 ::1.2.3 ' +
    '::1.2.3.256 ::ffff:01.2.3.4 ::ffff:1.2.3.4/128 ::ffff:1.2.3.4.5 1.2.3.4:: ::1.2.3.4:5 0x1:: ::-1 :1 1: ' +
    '1:2:3:4:5:6:7:8: 1:2:3:4:5:6:7:1.2.3.4 -::';
  const spaced = [
    '',
    ' ',
    ' 1.2.3.4',
    '1.2.3.4 ',
    '1.2.3.4\n',
    '1.2. 3.4',
    '1.2.3.4\0',
    '::1 ',
    ' ::1',
    '::1\n',
    '::\0',
  ];

  test.each([...spaced, ...odd4.split(' '), ...odd6.split(' ')])('parseIp rejects %j', (text) => {
    expect(parseIp(text)).toBeNull();
  });

  test.each([
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['10.0.0.1', '10.0.0.1'],
    ['::', '::'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['0000:0000:0000:0000:0000:0000:0000:0001', '::1'],
    ['2001:DB8::A', '2001:db8::a'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
    ['1:0:0:4:0:0:0:8', '1:0:0:4::8'],
    ['64:ff9b::1.2.3.4', '64:ff9b::102:304'],
    ['1:2:3:4:5:6:1.2.3.4', '1:2:3:4:5:6:102:304'],
    ['::1.2.3.4', '::102:304'],
    ['ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ])('reads %s as %s', (text, canonical) => {
    expect(formatIp(parsed(text))).toBe(canonical);
  });

  test.each([
    '::ffff:10.0.0.1',
    '::FFFF:a00:1',
    '0:0:0:0:0:ffff:10.0.0.1',
    '0:0:0:0:0:ffff:0a00:0001',
    '::ffff:0a00:1',
  ])('folds the mapped %s to IPv4', (text) => {
    expect(parseIp(text)).toEqual({ family: 4, value: 0x0a000001, isMapped: true });
  });

  test('parseIp accepts what node:net accepts except zones, and reads it as the URL standard does', () => {
    const odd = fc.string({ unit: fc.constantFrom(...'0123456789af:.%/x[] '.split('')), maxLength: 24 });
    const bent = fc.tuple(anyIp.map(formatIp), fc.nat(40), odd).map(([text, at, more]) => {
      return text.slice(0, at) + more.slice(0, 2) + text.slice(at);
    });
    fc.assert(
      fc.property(fc.oneof(odd, bent), (text) => {
        const ip = parseIp(text);
        expect(ip !== null).toBe(isIP(text) !== 0 && !text.includes('%'));
        if (ip?.family === 6) expect(`[${formatIp(ip)}]`).toBe(new URL(`http://[${text}]`).hostname);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('texts and keys', () => {
  test('the text and the key of an address can be read back', () => {
    fc.assert(
      fc.property(anyIp, (ip) => {
        expect(parseIp(formatIp(ip))).toEqual(ip);
        expect(ipOfKey(ipKey(ip))).toEqual(ip);
      }),
      { numRuns: 2000 },
    );
  });

  test('formatIp writes IPv6 as the URL standard does', () => {
    fc.assert(
      fc.property(ip6, (ip) => {
        expect(`[${formatIp(ip)}]`).toBe(new URL(`http://[${formatIp(ip)}]`).hostname);
      }),
      { numRuns: 2000 },
    );
  });

  test('keys sort in the order of their addresses', () => {
    fc.assert(
      fc.property(anyIp, anyIp, (a, b) => {
        const byKey = ipKey(a) < ipKey(b) ? -1 : Number(ipKey(a) > ipKey(b));
        expect(Math.sign(compareIp(a, b))).toBe(byKey);
      }),
      { numRuns: 2000 },
    );
  });

  test.each(['', '4', '40a00000', '40A000001', '60a000001', '50a000001', '40a000001 ', `6${'0'.repeat(31)}`])(
    'no address has the key %j',
    (key) => {
      expect(() => ipOfKey(key)).toThrow(RangeError);
    },
  );
});

describe('CIDR', () => {
  test.each([
    ['10.0.0.0/8', '10.0.0.0', '10.255.255.255'],
    ['0.0.0.0/0', '0.0.0.0', '255.255.255.255'],
    ['255.255.255.255/32', '255.255.255.255', '255.255.255.255'],
    ['::/0', '::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
    ['2001:db8::/33', '2001:db8::', '2001:db8:7fff:ffff:ffff:ffff:ffff:ffff'],
    ['::1/128', '::1', '::1'],
    ['::ffff:10.0.0.0/104', '10.0.0.0', '10.255.255.255'],
    ['::ffff:0:0/96', '0.0.0.0', '255.255.255.255'],
  ])('the block %s is %s to %s', (text, first, last) => {
    expect(parseCidr(text)).toEqual({ first: parsed(first), last: parsed(last) });
  });

  const odd =
    '/ /8 10.0.0.0 10.0.0.0/ 10.0.0.0/33 10.0.0.0/08 10.0.0.0/+8 10.0.0.0/-1 10.0.0.0/8.0 10.0.0.0/1e1 10.0.0.0/0x8 ' +
    '10.0.0.0/255.0.0.0 10.0.0.0/8/8 10.0.0.1/8 128.0.0.0/0 010.0.0.0/8 10/8 ::/129 ::1/127 2001:db8::1/64 8000::/0 ' +
    'fe80::%1/10 ::ffff:10.0.0.1/104 ::ffff:0:0/95 ::ffff:10.0.0.0/129 [::]/0';

  test.each(['', '10.0.0.0/ 8', '10.0.0.0/8 ', ' 10.0.0.0/8', '10.0.0.0/8\n', ...odd.split(' ')])(
    'parseCidr rejects %j',
    (text) => {
      expect(parseCidr(text)).toBeNull();
    },
  );

  const unsigned = (ip: IpAddress): bigint => BigInt(`0x${ipKey(ip).slice(1)}`);
  const ends = fc
    .oneof(
      fc.tuple(ip4, ip4),
      fc.tuple(fc.nat(40), fc.nat(40)).map(([a, b]): IpAddress[] => [
        { family: 4, value: a },
        { family: 4, value: b },
      ]),
      fc.tuple(ip6, ip6),
    )
    .map((pair) => [...pair].sort(compareIp));

  test('cidrsOf covers a range exactly, in order, with blocks that cannot be joined', () => {
    fc.assert(
      fc.property(ends, ([first, last]) => {
        if (first === undefined || last === undefined) return;
        const blocks = cidrsOf(first, last);
        let next = unsigned(first);
        let sizeBefore = 0n;
        for (const text of blocks) {
          // The blocks of an IPv6 range may reach over the mapped addresses, which parse as IPv4.
          if (text.startsWith('::ffff:')) return;
          const block = parseCidr(text);
          if (block === null) throw new Error(`not a block: ${text}`);
          expect(unsigned(block.first)).toBe(next);
          next = unsigned(block.last) + 1n;
          const size = next - unsigned(block.first);
          const joinable = size === sizeBefore && unsigned(block.first) % (2n * size) === size;
          expect(joinable).toBe(false);
          sizeBefore = size;
        }
        expect(next).toBe(unsigned(last) + 1n);
      }),
      { numRuns: 500 },
    );
  });

  test('cidrsOf returns a block for the range of that block', () => {
    fc.assert(
      fc.property(ip4, fc.nat(32), (ip, bits) => {
        const value = ip.family === 4 ? Math.floor(ip.value / 2 ** (32 - bits)) * 2 ** (32 - bits) : 0;
        const text = `${formatIp({ family: 4, value })}/${bits}`;
        const block = parseCidr(text);
        expect(block && cidrsOf(block.first, block.last)).toEqual([text]);
      }),
    );
  });

  test('cidrsOf rejects a first address above the last, and addresses of two families', () => {
    expect(() => cidrsOf(parsed('10.0.0.1'), parsed('10.0.0.0'))).toThrow(RangeError);
    expect(() => cidrsOf(parsed('10.0.0.1'), parsed('::1'))).toThrow(RangeError);
  });
});

test.each([
  ['PUBLIC', '1.0.0.0 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 172.15.255.255 172.32.0.0 192.0.0.9'],
  ['PUBLIC', '192.0.1.0 192.31.196.1 192.169.0.0 198.17.255.255 198.20.0.0 223.255.255.255'],
  [
    'PUBLIC',
    '2000:: 2600:: 2001:1::1 2001:3::1 2001:4:112::1 2001:20::1 2001:200:: 2620:4f:8000::1 3ffe::1 3fff:1000::',
  ],
  ['PRIVATE', '10.0.0.0 10.255.255.255 172.16.0.0 172.31.255.255 192.168.0.0 192.168.255.255 fc00:: fdff::1'],
  ['LOOPBACK', '127.0.0.0 127.0.0.1 127.255.255.255 ::1 ::ffff:127.0.0.1 ::ffff:7f00:1'],
  ['LINK_LOCAL', '169.254.0.0 169.254.169.254 fe80::1 febf:ffff::'],
  ['SHARED', '100.64.0.0 100.127.255.255'],
  ['DOCUMENTATION', '192.0.2.1 198.51.100.255 203.0.113.0 2001:db8::1 3fff:: 3fff:fff::1'],
  ['MULTICAST', '224.0.0.1 239.255.255.255 ff00:: ff02::1'],
  [
    'RESERVED',
    '0.0.0.0 0.255.255.255 192.0.0.8 192.0.0.170 192.88.99.1 198.18.0.0 198.19.255.255 240.0.0.0 255.255.255.255',
  ],
  [
    'RESERVED',
    ':: ::2 ::102:304 64:ff9b::102:304 64:ff9b:1::1 100::1 100:0:0:1::1 2001::1 2001:2::1 2001:10::1 2002::1',
  ],
  ['RESERVED', '4000:: 5f00::1 fbff::1 fe00::1 fec0::1 feff::1'],
])('kindOf returns %s for %s', (kind, texts) => {
  for (const text of texts.split(' ')) expect([text, kindOf(parsed(text))]).toEqual([text, kind]);
});
