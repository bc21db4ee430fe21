import { expect, it } from 'vitest';
import { createIpColumn } from '../../src/indices/ip-column.ts';

it('a column of addresses says whether all are IPv4, also of addresses that come later', () => {
  const ips = createIpColumn();
  expect(ips.areAllIp4()).toBe(true);
  ips.push({ family: 4, value: 1 });
  expect(ips.areAllIp4()).toBe(true);
  ips.push({ family: 6, words: [1, 2, 3, 4] });
  ips.push({ family: 4, value: 2 });
  expect(ips.areAllIp4()).toBe(false);

  const others = createIpColumn();
  others.push({ family: 4, value: 1 });
  others.push(null);
  expect(others.areAllIp4()).toBe(false);
});
