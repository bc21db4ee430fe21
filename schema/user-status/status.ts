import { builder } from '../builder.ts';

export const UserStatusEnum = builder.enumType('UserStatus', {
  description: 'Whether a user pays.',
  values: {
    PAYING: { value: 'paying', description: 'Pays.' },
    CANCELLED: { value: 'cancelled', description: 'Has paid and stopped.' },
    NON_PAYING: {
      value: 'non-paying',
      description: 'Has never paid, according to the records known at that time. REST writes it `non-paying`.',
    },
  } as const,
});
