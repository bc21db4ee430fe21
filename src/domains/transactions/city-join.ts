import type { IpColumn } from '../../indices/ip-column.ts';
import { filledRowsMax, type Join } from '../facts/memory/join.ts';
import type { IpCity } from '../ip-city/ip-city.ts';
import type { IpTable } from '../ip-city/table.ts';

/** The city of the fact's address by the current table. */
export const joinCity = (ips: IpColumn, ipCity: Pick<IpCity, 'table' | 'tableAt'>): Join<IpTable> => {
  const values = new Uint32Array(filledRowsMax);
  const families = new Uint8Array(filledRowsMax);
  return {
    name: 'city',
    basis: ipCity.table,
    basisAt: ipCity.tableAt,
    allocate: (rows) => new Uint32Array(rows),
    readKeys: ips.readIp4From,
    fill({ rows, codes, keys }, table) {
      const addresses = keys ?? values.subarray(0, rows.length);
      if (!keys) ips.readIp4(rows, addresses);
      table.cityCodes4(addresses, codes as Uint32Array);
      if (ips.areAllIp4()) return;
      ips.readFamilies(rows, families);
      for (let index = 0; index < rows.length; index++)
        if (families[index] !== 4) codes[index] = table.cityCode(ips.ipOf(rows[index] as number));
    },
  };
};
