/** How often a link may be imported again; the values are ISO 8601, as the server answers them. */
export const refreshChoices = [
  { value: 'PT15M', label: 'Every 15 minutes' },
  { value: 'PT1H', label: 'Every hour' },
  { value: 'P1D', label: 'Every day' },
  { value: 'P7D', label: 'Every week' },
] as const;
