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

it('knows of many addresses that all are IPv4 after some looks, and of one that is not never', () => {
  const rows = 300_000;
  const ips = createIpColumn();
  for (let row = 0; row < rows; row++) ips.push({ family: 4, value: row });
  // A single look at all of them would hold the event loop.
  expect(ips.areAllIp4()).toBe(false);
  for (let look = 0; look < 10; look++) ips.areAllIp4();
  expect(ips.areAllIp4()).toBe(true);
  ips.push(null);
  for (let look = 0; look < 10; look++) expect(ips.areAllIp4()).toBe(false);
});
