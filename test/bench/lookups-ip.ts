import Database from 'better-sqlite3';
import { Reader, type Response } from 'maxmind';
import { IntervalTree } from 'node-interval-tree';
import { createIpRangesBuilder, type IpRanges } from '../../src/indices/ip-ranges.ts';
import { formatIp, parseIp } from '../../src/lib/ip.ts';
import { atOnce } from '../../src/lib/yielding.ts';
import { writeMmdb } from '../support/mmdb-writer.ts';
import { createBenchmarkData, createBlocks, createQuestions, type IpRangeColumns, type Questions } from './fixtures.ts';
import { flatten } from './flatten.ts';
import { pagesOf } from './lookups-as-of.ts';
import { weighed } from './measure.ts';
import { byNumber, type Race, race, withBytes } from './race.ts';

const unknown = 0;

const fillIpRanges = ({ first, last, city }: IpRangeColumns): IpRanges => {
  const builder = createIpRangesBuilder();
  for (const range of first.map((_, position) => position).sort((a, b) => (first[a] as number) - (first[b] as number)))
    builder.add({
      first: { family: 4, value: first[range] as number },
      last: { family: 4, value: last[range] as number },
      city: city[range] as number,
      ordinal: range + 1,
    });
  return atOnce(builder.finish());
};

const fillSqlite = ({ first, last, city }: IpRangeColumns): Database.Database => {
  const client = new Database(':memory:');
  client.exec('create table segments (first integer primary key, last integer, city integer)');
  const insert = client.prepare('insert into segments values (?, ?, ?)');
  client.transaction(() => {
    for (let row = 0; row < first.length; row++) insert.run(first[row], last[row], city[row]);
  })();
  return client;
};

interface TreeRange {
  readonly low: number;
  readonly high: number;
  readonly city: number;
  readonly ordinal: number;
}

const fillTree = ({ first, last, city }: IpRangeColumns): IntervalTree<TreeRange> => {
  const tree = new IntervalTree<TreeRange>();
  for (let row = 0; row < first.length; row++)
    tree.insert({ low: first[row] as number, high: last[row] as number, city: city[row] as number, ordinal: row });
  return tree;
};

const narrowest = (ranges: readonly TreeRange[]): number => {
  let best: TreeRange | undefined;
  for (const range of ranges) {
    const wider = best === undefined ? -1 : range.high - range.low - (best.high - best.low);
    if (wider < 0 || (wider === 0 && range.ordinal > (best?.ordinal ?? 0))) best = range;
  }
  return best?.city ?? unknown;
};

/** Overlapping ranges. SQLite gets them flattened into disjoint segments, the tree as they are. */
export const raceIp = async (ranges: IpRangeColumns, { ip }: Questions, rounds: number) => {
  const index = fillIpRanges(ranges);
  const client = fillSqlite(flatten(ranges));
  const query = client.prepare('select last, city from segments where first <= ? order by first desc limit 1').raw();
  const { made: tree, bytes: treeBytes } = weighed(() => fillTree(ranges));

  const raced = await race(
    {
      question: `LOOKUPS: city of an IPv4 address, ${index.ranges} ranges that overlap and nest`,
      ...{ unit: 'ns', questions: ip.length, rounds },
    },
    [
      byNumber('asof', ip.length, (n) => {
        const position = index.find4(ip[n] as number);
        return position < 0 ? unknown : index.cityOf(position);
      }),
      byNumber('node-interval-tree', ip.length, (n) => narrowest(tree.search(ip[n] as number, ip[n] as number))),
      byNumber('SQLite, prepared, disjoint', ip.length, (n) => {
        const found = query.get(ip[n]) as [number, number] | undefined;
        return found && found[0] >= (ip[n] as number) ? found[1] : unknown;
      }),
    ],
  );
  const bytes = [index.byteLength, treeBytes, pagesOf(client)];
  client.close();
  const own: Race = withBytes(raced, index.ranges, bytes);
  return { race: own, bytes: { total: index.byteLength, segments: index.segments } };
};

interface BlockResponse {
  readonly city: { readonly geoname_id: number };
}

/** Networks, because an mmdb contains only these, looked up by their text. */
export const raceMmdb = async (records: number, questions: number, rounds: number): Promise<Race> => {
  const blocks = createBlocks(records);
  const texts = [...createQuestions({ ...createBenchmarkData(10), ranges: blocks }, questions).ip].map((value) =>
    formatIp({ family: 4, value }),
  );
  const index = fillIpRanges(blocks);
  const file = writeMmdb(
    [...blocks.first].map((value, row) => [
      `${formatIp({ family: 4, value })}/22`,
      { city: { geoname_id: blocks.city[row] as number } },
    ]),
    { ipVersion: 4, recordSize: 32 },
  );
  const reader = new Reader<BlockResponse & Response>(file);
  const raced = await race(
    {
      question: `LOOKUPS: city of an IPv4 address, ${index.ranges} disjoint /22 networks`,
      ...{ unit: 'ns', questions, rounds },
    },
    [
      byNumber('asof, from text', questions, (n) => {
        const ip = parseIp(texts[n] as string);
        const position = ip === null ? -1 : index.find(ip);
        return position < 0 ? unknown : index.cityOf(position);
      }),
      byNumber('maxmind, from text', questions, (n) => reader.get(texts[n] as string)?.city.geoname_id ?? unknown),
    ],
  );
  return withBytes(raced, index.ranges, [index.byteLength, file.length]);
};
