import { type DocumentNode, type GraphQLObjectType, Kind, type OperationDefinitionNode, visit } from 'graphql';
import type { Fragments } from './collect-fields.ts';
import { type ObjectPlan, type OperationPlan, planObject } from './plan.ts';

export interface Planned {
  readonly plan: OperationPlan;
  readonly root: ObjectPlan;
}

/** What all plans of an executor share. */
export type PlanSetting = Pick<OperationPlan, 'schema' | 'fixed' | 'texts'>;

/** Plans of one operation: the variables in its conditions may have many combinations of values. */
const plansMax = 8;

/** The plans of an operation, made when they are first needed. */
export class PlannedOperation {
  readonly #setting: PlanSetting;
  readonly #document: DocumentNode;
  readonly #operation: OperationDefinitionNode;
  /** The variables in conditions of `@skip` and `@include`. */
  readonly #conditions: readonly string[];
  readonly #plans = new Map<string, Planned>();

  constructor(setting: PlanSetting, document: DocumentNode, operation: OperationDefinitionNode) {
    this.#setting = setting;
    this.#document = document;
    this.#operation = operation;
    this.#conditions = conditionsOf(document);
  }

  /** Fields in all plans. */
  get fieldCount(): number {
    let count = 0;
    for (const { plan } of this.#plans.values()) count += plan.fieldCount;
    return count;
  }

  /** The plan for coerced variables. Null where graphql-js has to execute: conditions that are not booleans. */
  planFor(variables: Readonly<Record<string, unknown>>): Planned | null {
    const rootType = this.#setting.schema.getRootType(this.#operation.operation);
    if (!rootType) return null;
    let key = '';
    for (const name of this.#conditions) {
      const value = variables[name];
      if (typeof value !== 'boolean') return null;
      key += value ? '1' : '0';
    }
    const known = this.#plans.get(key);
    if (known) return known;
    if (this.#plans.size >= plansMax) this.#plans.clear();
    const planned = this.#plan(rootType, variables);
    this.#plans.set(key, planned);
    return planned;
  }

  #plan(rootType: GraphQLObjectType, variables: Readonly<Record<string, unknown>>): Planned {
    const plan: OperationPlan = {
      ...this.#setting,
      fragments: fragmentsOf(this.#document),
      // Only conditions depend on variables, and those have the same values whenever this plan is used.
      variables,
      operation: this.#operation,
      fieldCount: 0,
      executions: 0,
    };
    return { plan, root: planObject(plan, rootType, [this.#operation]) };
  }
}

const fragmentsOf = ({ definitions }: DocumentNode): Fragments => {
  const fragments: Record<string, Fragments[string]> = Object.create(null);
  for (const definition of definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments[definition.name.value] = definition;
  return fragments;
};

/** The variables in conditions, sorted out of the whole document. */
const conditionsOf = (document: DocumentNode): readonly string[] => {
  const names = new Set<string>();
  visit(document, {
    Directive({ name, arguments: values }) {
      if (name.value !== 'skip' && name.value !== 'include') return;
      for (const { value } of values ?? []) if (value.kind === Kind.VARIABLE) names.add(value.name.value);
    },
  });
  return [...names];
};
