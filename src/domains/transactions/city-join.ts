import type { IpColumn } from '../../indices/ip-column.ts';
import { codesOf, type Join } from '../facts/memory/enrichment.ts';
import type { IpCity } from '../ip-city/ip-city.ts';
import type { IpTable } from '../ip-city/table.ts';

/** The city of the fact's address by the current table. */
export const joinCity = (ips: IpColumn, ipCity: Pick<IpCity, 'table' | 'tableAt'>): Join<IpTable> => ({
  name: 'city',
  basis: ipCity.table,
  basisAt: ipCity.tableAt,
  allocate: (rows) => new Uint32Array(rows),
  fill(slice, table) {
    const { from, to } = slice;
    const codes = codesOf(slice) as Uint32Array;
    table.cityCodes4(ips.ip4Between(from, to), codes);
    const families = ips.familiesBetween(from, to);
    for (let index = 0; index < families.length; index++)
      if (families[index] !== 4) codes[index] = table.cityCode(ips.ipOf(from + index));
  },
});
