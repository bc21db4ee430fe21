import { useLiveQuery } from '../../data/live.tsx';
import { ExperimentEventTypesDocument, ExperimentEventValuesDocument } from '../../generated/graphql.ts';
import { useScope } from './scope.ts';

/** The values that events of the experiment have, for menus: those of its conditions are always among them. */
export interface EventValues {
  readonly countries: readonly string[];
  readonly variants: readonly string[];
  readonly accountTypes: readonly string[];
  readonly eventTypes: readonly string[];
  readonly genders: readonly string[];
}

type Key = Readonly<Record<string, unknown>>;

const textsOf = (groups: readonly { readonly key: Key }[] | undefined, name: string): string[] =>
  (groups ?? []).map(({ key }) => key[name]).filter((value) => typeof value === 'string');

/** Menus are read once, not with each event: every list goes through all events of the experiment. */
export const useEventTypes = (): readonly string[] => {
  const { key, asOf } = useScope().variables;
  const { state } = useLiveQuery({ query: ExperimentEventTypesDocument, variables: { keys: [key], asOf }, kinds: [] });
  return textsOf(state.data?.eventTypes?.nodes, 'eventType');
};

export const useEventValues = (): EventValues => {
  const { key, asOf } = useScope().variables;
  const { state } = useLiveQuery({ query: ExperimentEventValuesDocument, variables: { keys: [key], asOf }, kinds: [] });
  const { data } = state;
  return {
    countries: textsOf(data?.countries?.nodes, 'country'),
    variants: textsOf(data?.variants?.nodes, 'variant'),
    accountTypes: textsOf(data?.accountTypes?.nodes, 'accountType'),
    eventTypes: useEventTypes(),
    genders: textsOf(data?.genders?.nodes, 'gender'),
  };
};
