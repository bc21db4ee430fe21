import type { GroupKey } from '../../src/domains/facts/dimensions.ts';
import type { Measures } from '../../src/domains/facts/group-measures.ts';
import { ageBandLabels, ageBandOf, ageBandOfLabel } from '../../src/lib/age.ts';
import { unknownLabel } from '../../src/lib/unknown-label.ts';
import { builder } from '../builder.ts';
import { UserStatusEnum } from '../user-status/status.ts';

export const EnrichedDimension = builder.enumType('EnrichedDimension', {
  description: 'A dimension by which facts can be grouped.',
  values: {
    USER_STATUS: { description: 'The user’s status at the fact’s time.' },
    CITY: { description: 'The city of the fact’s address; transactions only.' },
    COUNTRY: { description: 'The user’s country according to users files.' },
    GENDER: { description: 'The user’s gender according to users files.' },
    AGE_BAND: {
      description: 'The user’s age at the fact’s time, or at `asOf.validAt`: to 17, 18 to 24, ten years each, from 65.',
    },
    HAS_IMAGE: { description: 'Whether the user has an image.' },
    PRODUCT: { description: 'The product; transactions only.' },
    EXPERIMENT: { description: 'The experiment; experiment events only.' },
    VARIANT: { description: 'The variant that the user saw; experiment events only.' },
    ACCOUNT_TYPE: { description: 'The user’s account type according to the event; experiment events only.' },
    EVENT_TYPE: { description: 'What the user did; experiment events only.' },
    USER: { description: 'The user.' },
    PERIOD: { description: 'The start of the period of length `grain` that contains the fact’s time, in `timeZone`.' },
  } as const,
});

export const EnrichedMeasures = builder.objectRef<Measures>('EnrichedMeasures').implement({
  description: 'Measures of a group, or of all groups together; each is computed only when it is requested.',
  fields: (t) => ({
    count: t.field({ type: 'BigInt', description: 'Number of facts.', resolve: ({ count }) => count }),
    distinctUsers: t.field({
      type: 'BigInt',
      description: 'Number of different users.',
      resolve: (measures) => measures.distinctUsers(),
    }),
    sum: t.field({ type: 'Decimal', description: 'Exact sum of amounts; 0 without any.', resolve: ({ sum }) => sum }),
    average: t.field({
      type: 'Decimal',
      nullable: true,
      description: 'Mean amount, rounded half to even at 6 digits after the point; null without amounts.',
      resolve: ({ average }) => average,
    }),
    min: t.field({
      type: 'Decimal',
      nullable: true,
      description: 'Least amount; null without amounts.',
      resolve: (measures) => measures.min(),
    }),
    max: t.field({
      type: 'Decimal',
      nullable: true,
      description: 'Greatest amount; null without amounts.',
      resolve: (measures) => measures.max(),
    }),
    median: t.field({
      type: 'Decimal',
      nullable: true,
      description:
        'Median amount, of an even number the mean of the middle two, rounded half to even; null without amounts.',
      resolve: (measures) => measures.median(),
    }),
    shareOfSum: t.float({
      nullable: true,
      description: 'This part of the whole sum, 0 to 1 when no amount is negative; null when the whole sum is 0.',
      resolve: ({ shareOfSum }) => shareOfSum,
    }),
  }),
});

export const AgeBand = builder.objectRef<{ readonly from: number; readonly to: number | null }>('AgeBand').implement({
  description: 'A range of ages in completed years.',
  fields: (t) => ({
    from: t.exposeInt('from', { description: 'The least age, inclusive.' }),
    to: t.exposeInt('to', { nullable: true, description: 'The greatest age, inclusive; null without bound.' }),
    label: t.string({
      description: 'Its name, as in filters: `25-34`, `65+`.',
      resolve: ({ from }) => ageBandLabels[ageBandOf(from)] as string,
    }),
  }),
});

const mayBeUnknown = ['CITY', 'COUNTRY', 'GENDER', 'AGE_BAND', 'EVENT_TYPE'] as const;

/** The values of a group, and where its period ends. */
interface KeyWithPeriod extends GroupKey {
  /** Microseconds since 1970 UTC; undefined without PERIOD. */
  readonly periodEndUs?: number | undefined;
}

export const EnrichedKey = builder.objectRef<KeyWithPeriod>('EnrichedKey').implement({
  description: 'The group’s values; a field is null when the query did not group by it.',
  fields: (t) => ({
    userStatus: t.field({
      type: UserStatusEnum,
      nullable: true,
      description: 'The user’s status at the facts’ time.',
      resolve: ({ USER_STATUS }) => USER_STATUS ?? null,
    }),
    city: t.string({
      nullable: true,
      description:
        'The city as written in the table; `unknown` for facts without an address or whose address is in no range.',
      resolve: ({ CITY }) => CITY ?? null,
    }),
    country: t.string({
      nullable: true,
      description: 'The user’s country; `unknown` when no users file states it.',
      resolve: ({ COUNTRY }) => COUNTRY ?? null,
    }),
    gender: t.string({
      nullable: true,
      description: 'The user’s gender; `unknown` when no users file states it.',
      resolve: ({ GENDER }) => GENDER ?? null,
    }),
    ageBand: t.field({
      type: AgeBand,
      nullable: true,
      description: 'The user’s age at the facts’ time; null also when it is not known: see `unknown`.',
      resolve: ({ AGE_BAND }) => (AGE_BAND === undefined ? null : ageBandOfLabel(AGE_BAND)),
    }),
    hasImage: t.boolean({
      nullable: true,
      description: 'Whether the user has an image.',
      resolve: ({ HAS_IMAGE }) => (HAS_IMAGE === undefined ? null : HAS_IMAGE === 1),
    }),
    experiment: t.string({
      nullable: true,
      description: 'The experiment’s key.',
      resolve: ({ EXPERIMENT }) => EXPERIMENT ?? null,
    }),
    variant: t.string({ nullable: true, description: 'The variant.', resolve: ({ VARIANT }) => VARIANT ?? null }),
    accountType: t.string({
      nullable: true,
      description: 'The account type.',
      resolve: ({ ACCOUNT_TYPE }) => ACCOUNT_TYPE ?? null,
    }),
    eventType: t.string({
      nullable: true,
      description: 'The type of event; `unknown` for events without one.',
      resolve: ({ EVENT_TYPE }) => EVENT_TYPE ?? null,
    }),
    productId: t.id({ nullable: true, description: 'The product’s id.', resolve: ({ PRODUCT }) => PRODUCT ?? null }),
    userId: t.id({ nullable: true, description: 'The user’s own id.', resolve: ({ USER }) => USER ?? null }),
    periodStart: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'The start of the period, inclusive.',
      resolve: ({ PERIOD }) => PERIOD ?? null,
    }),
    periodEnd: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'The end of the period, exclusive: the start of the next one.',
      resolve: ({ periodEndUs }) => periodEndUs ?? null,
    }),
    unknown: t.field({
      type: [EnrichedDimension],
      description: 'The dimensions in which the value of this group is unknown.',
      resolve: (key) => mayBeUnknown.filter((dimension) => key[dimension] === unknownLabel),
    }),
  }),
});
