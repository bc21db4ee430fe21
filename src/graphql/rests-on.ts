import { type GraphQLSchema, TypeInfo, visit, visitWithTypeInfo } from 'graphql';
import type { Area } from '../ledger/areas.ts';
import type { Operation } from './documents.ts';

/** The areas of types, without the suffixes of their lists; any other type rests on facts. */
const areasOfTypes: Readonly<Record<string, Area>> = {
  ...ofArea('conversations', 'Conversation Followup Dashboard SymbolSummary SymbolTotals SymbolPoint'),
  ...ofArea('conversations', 'StartConversationPayload FollowUpConversationPayload'),
  ...ofArea('ipAddresses', 'IpCity IpCityLookup IpRange IpTable'),
  ...ofArea('statusChanges', 'UserStatusAsOf StatusPeriod StatusExplanation IgnoredStatusChange'),
  ...ofArea('imports', 'Import ImportFailure FileDialect ImportPreview Provenance RowProvenance CancelImportPayload'),
  ...ofArea('rejects', 'RejectedRecord RejectGroup'),
  ...ofArea('datasets', 'Dataset DatasetVersion DatasetDiff DatasetRefresh Column ColumnProfile Facet FacetBucket'),
  ...ofArea('datasets', 'Row RowAggregate Misfit HistogramBucket DeleteDatasetPayload ChangeDatasetRefreshPayload'),
  ...ofArea('sql', 'SqlResult SqlColumn'),
  ...ofArea('alerts', 'Alert AlertChange AlertDelivery AlertAttempt RemoveAlertPayload TestAlertPayload'),
  ...ofArea('apiKeys', 'ApiKey Viewer RevokeApiKeyPayload AddApiKeyPayload'),
  ...ofArea('server', 'Query Mutation Subscription Server IndexLag IndexState Ingest IngestOfKind IngestMinute'),
  ...ofArea('server', 'Snapshot PageInfo Changes TrustedDocument DocumentVariable FieldProblem Error'),
  ...ofArea('server', 'NotFoundError ConflictError OverloadedError SourceError ValidationError'),
};

function ofArea(area: Area, names: string): Record<string, Area> {
  return Object.fromEntries(names.split(' ').map((name) => [name, area]));
}

/** The areas that the answer to an operation rests on, by the types of all fields in its document. */
export const areasOf = (schema: GraphQLSchema, { document }: Pick<Operation, 'document'>): ReadonlySet<Area> => {
  const types = new TypeInfo(schema);
  const found = new Set<Area>();
  visit(
    document,
    visitWithTypeInfo(types, {
      Field() {
        const name = types.getParentType()?.name ?? '';
        if (name.startsWith('__')) return;
        found.add(areasOfTypes[name.replace(/(Connection|Edge)$/, '')] ?? 'facts');
      },
    }),
  );
  return found;
};
