import type { Store } from '../../../db/store.ts';
import { ipRanges, ipTables } from '../../../db/tables/ip-city.ts';
import { DomainError } from '../../errors.ts';
import type { Importer } from '../../ledger/record.ts';
import { compareIp, formatIp, type IpAddress, ipKey, parseCidr } from '../../lib/ip.ts';
import { readRecord } from '../../lib/problems.ts';
import { cityLists } from './city-lists.ts';
import { mmdbRanges } from './mmdb-ranges.ts';
import { ipRangesTarget } from './target.ts';

export interface IpRangeRecord {
  readonly first: IpAddress;
  readonly last: IpAddress;
  readonly city: string;
}

const noAddress: IpAddress = { family: 4, value: 0 };

/**
 * Imports a whole table of ranges. Rows are staged and take effect only when the table is published at the end. The same
 * files again stage nothing, and a table without a valid range does not replace the current one.
 */
export const createIpRangesImporter = (store: Store): Importer<IpRangeRecord> => ({
  target: ipRangesTarget,
  shape: {
    columns: [
      ['start', 'end', 'city'],
      ['cidr', 'city'],
    ],
    formats: [cityLists, mmdbRanges],
  },
  read: (value) =>
    readRecord(value, (fields) => {
      const city = fields.text('city');
      const cidr = fields.optional('cidr', fields.text);
      if (cidr !== null) {
        const block = parseCidr(cidr);
        if (!block)
          fields.refuse('cidr', 'MALFORMED', `cidr must be a block like 10.12.0.0/16, not ${cidr.slice(0, 80)}`);
        return { city, first: block?.first ?? noAddress, last: block?.last ?? noAddress };
      }
      const first = fields.ip('start');
      const last = fields.ip('end');
      if (first.family !== last.family) fields.refuse('end', 'MALFORMED', 'start and end are of different IP versions');
      else if (compareIp(first, last) > 0) fields.refuse('end', 'OUT_OF_RANGE', 'end lies before start');
      return { city, first, last };
    }),
  wire: ({ first, last, city }) => ({ start: formatIp(first), end: formatIp(last), city }),
  begin({ id: tableId, digest }) {
    const [inForce] = store.page(ipTables, { key: 'seq', direction: 'desc', limit: 1 });
    if (inForce?.digest === digest) return { record: () => ({ kind: 'DUPLICATE' }) };
    let rangeCount = 0;
    return {
      record(tx, { first, last, city }, origin) {
        const row = { tableId, firstKey: ipKey(first), lastKey: ipKey(last), city, ...origin };
        rangeCount++;
        return { kind: 'CREATED', seq: tx.append(ipRanges, row) };
      },
      finish(tx) {
        if (rangeCount === 0)
          throw new DomainError('VALIDATION_FAILED', 'the table has no valid range; the current table is unchanged');
        // No import id: it is not one of the records that were read.
        tx.append(ipTables, { tableId, rangeCount, digest, importId: null, line: null });
      },
    };
  },
  resume(tx, { digest }) {
    const inForce = tx.findLatest(ipTables, {});
    // By content, because the files of one table are several imports, and a repeated import adds nothing to the table.
    if (inForce === undefined || digest === '' || inForce.digest !== digest)
      throw new DomainError('CONFLICT', 'the table of the range is no longer current: another table has replaced it');
    const { tableId, rangeCount } = inForce;
    return {
      record(tx, { first, last, city }, origin) {
        const keys = { tableId, firstKey: ipKey(first), lastKey: ipKey(last) };
        if (tx.findLatest(ipRanges, keys)?.city === city) return { kind: 'DUPLICATE' };
        const seq = tx.append(ipRanges, { ...keys, city, ...origin });
        // Published once more, so that the index in memory is built again.
        tx.append(ipTables, { tableId, rangeCount: rangeCount + 1, digest, importId: null, line: null });
        return { kind: 'CREATED', seq };
      },
    };
  },
});
