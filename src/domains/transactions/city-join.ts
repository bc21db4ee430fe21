import type { IpColumn } from '../../indices/ip-column.ts';
import type { Join } from '../facts/memory/enrichment.ts';
import type { IpCity } from '../ip-city/ip-city.ts';
import type { IpTable } from '../ip-city/table.ts';

/** The city of the fact's address by the current table. */
export const joinCity = (ips: IpColumn, ipCity: IpCity): Join<IpTable> => ({
  name: 'city',
  basis: ipCity.table,
  basisAt: ipCity.tableAt,
  allocate: (rows) => new Uint32Array(rows),
  fill({ chunk, first, from, to }, table) {
    for (let row = from; row < to; row++) {
      const family = ips.familyOf(row);
      if (family === 4) chunk[row - first] = table.cityCode4(ips.ip4Of(row));
      else chunk[row - first] = family === 6 ? table.cityCode(ips.ipOf(row)) : 0;
    }
  },
});
