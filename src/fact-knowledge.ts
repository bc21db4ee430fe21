import { createBatchKeys, type ImportEnds } from './domains/experiments/batch-keys.ts';
import type { Experiments } from './domains/experiments/experiments.ts';
import type { FactKnowledge } from './domains/facts/knowledge.ts';
import type { IpCity } from './domains/ip-city/ip-city.ts';
import type { UserFiles } from './domains/users/user-files.ts';
import type { Users } from './domains/users/users.ts';
import { bandDaysOf, dayOfMs } from './lib/age.ts';
import { parseIp } from './lib/ip.ts';
import { createYielder } from './lib/yielding.ts';

interface KnowledgeSources {
  readonly ipCity: IpCity;
  readonly experiments: Experiments;
  readonly users: Users;
  readonly userFiles: UserFiles;
  readonly importEnds: ImportEnds;
}

/** What the domains know that facts are joined to. */
export const createFactKnowledge = ({
  ipCity,
  experiments,
  users,
  userFiles,
  importEnds,
}: KnowledgeSources): FactKnowledge => ({
  addressTableAt: (sequence) => ipCity.recordAt(sequence)?.seq ?? 0,
  async citiesOf(addresses, sequence) {
    const table = await ipCity.tableAt(sequence);
    const maybeYield = createYielder(undefined);
    const cities: string[] = [];
    for (const address of addresses) {
      cities.push(ipCity.cities.textOf(table.cityCode(parseIp(address))));
      await maybeYield();
    }
    return cities;
  },
  assignmentRulesAt: (sequence) => ({
    rules: experiments.plansAt(sequence).rules(),
    otherwise: experiments.keys.textOf(0),
  }),
  batchOf: createBatchKeys(importEnds),
  fileChangesBetween(after, upTo) {
    const { details, images } = userFiles.changesBetween(after, upTo);
    const userIdOf = (user: number): string => users.codes.textOnceOf(user);
    return {
      births: Array.from(details, ({ key, seq, value }) => ({
        userId: userIdOf(key),
        seq,
        bandDays: value === 0 ? [] : bandDaysOf(dayOfMs(userFiles.birthMsOf(value))),
      })),
      images: Array.from(images, ({ key, seq, value }) => ({ userId: userIdOf(key), seq, hasImage: value !== 0 })),
    };
  },
});
