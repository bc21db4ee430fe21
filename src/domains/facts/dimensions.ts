import { ageBandLabels } from '../../lib/age.ts';
import { unknownLabel } from '../../lib/unknown-label.ts';
import { type Status, statusCodes } from '../user-status/status.ts';

export type FactSource = 'TRANSACTIONS' | 'EXPERIMENT_EVENTS';

/** A group's values by dimension; dimensions that the query does not group by are absent. */
export interface GroupKey {
  readonly USER_STATUS?: Status;
  readonly CITY?: string;
  readonly COUNTRY?: string;
  readonly GENDER?: string;
  readonly AGE_BAND?: string;
  /** 1 with an image, 0 without. */
  readonly HAS_IMAGE?: number;
  readonly PRODUCT?: string;
  readonly EXPERIMENT?: string;
  readonly VARIANT?: string;
  readonly ACCOUNT_TYPE?: string;
  readonly EVENT_TYPE?: string;
  readonly USER?: string;
  /** Microseconds since 1970 UTC. */
  readonly PERIOD?: number;
}

export type DimensionName = keyof GroupKey;

/** What a fact can be joined to: status, attributes and files of its user, the city of its address, its experiment. */
export type JoinName = 'status' | 'attributes' | 'files' | 'city' | 'experiment';

/** What every engine has to know of a property of facts by which they can be grouped and filtered. */
interface DimensionDefinition {
  /** The only kind of facts that has it; default: all. */
  readonly only?: FactSource;
  /** What decides on it beside the fact itself. */
  readonly join?: JoinName;
  /** The condition of filters that lists accepted values. */
  readonly list?: string;
  /** All values, in their order; default: any texts or numbers, in the order of code units or of size. */
  readonly order?: readonly string[];
}

/** The bands of ages in their order: the unknown age is the last. */
const ageBandOrder = [...ageBandLabels, unknownLabel];

export const dimensions = {
  USER: { list: 'userIds' },
  USER_STATUS: { join: 'status', list: 'userStatus', order: statusCodes },
  CITY: { join: 'city', list: 'cities', only: 'TRANSACTIONS' },
  COUNTRY: { join: 'attributes', list: 'countries' },
  GENDER: { join: 'attributes', list: 'genders' },
  AGE_BAND: { join: 'files', list: 'ageBands', order: ageBandOrder },
  HAS_IMAGE: { join: 'files' },
  PRODUCT: { list: 'productIds', only: 'TRANSACTIONS' },
  EXPERIMENT: { join: 'experiment', list: 'experiments', only: 'EXPERIMENT_EVENTS' },
  VARIANT: { list: 'variants', only: 'EXPERIMENT_EVENTS' },
  ACCOUNT_TYPE: { list: 'accountTypes', only: 'EXPERIMENT_EVENTS' },
  EVENT_TYPE: { list: 'eventTypes', only: 'EXPERIMENT_EVENTS' },
  PERIOD: {},
} as const satisfies Readonly<Record<DimensionName, DimensionDefinition>>;

export const dimensionNames = Object.keys(dimensions) as readonly DimensionName[];

export const definitionOf = (name: DimensionName): DimensionDefinition => dimensions[name];

/** Whether facts of a kind have a dimension. */
export const hasDimension = (source: FactSource, name: DimensionName): boolean =>
  (definitionOf(name).only ?? source) === source;
