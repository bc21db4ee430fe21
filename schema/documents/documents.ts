import type { DocumentDescription, DocumentVariable } from '../../src/lib/trusted-document.ts';
import { builder } from '../builder.ts';

const DocumentOperation = builder.enumType('DocumentOperation', {
  description: 'What an operation does.',
  values: {
    QUERY: { value: 'query', description: 'It reads.' },
    MUTATION: { value: 'mutation', description: 'It writes.' },
    SUBSCRIPTION: { value: 'subscription', description: 'It reads again after changes.' },
  } as const,
});

const DocumentVariableType = builder.objectRef<DocumentVariable>('DocumentVariable').implement({
  description: 'A variable of a trusted document.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Its name, without `$`.' }),
    type: t.exposeString('type', { description: 'Its type as GraphQL writes it, such as `[UUID!]!`.' }),
    defaultValue: t.exposeString('defaultValue', {
      nullable: true,
      description: 'Its default as GraphQL writes it; null without one.',
    }),
  }),
});

const TrustedDocument = builder.objectRef<DocumentDescription>('TrustedDocument').implement({
  description: 'An operation that clients may run by an id.',
  fields: (t) => ({
    documentId: t.exposeString('id', { description: 'The `documentId` of a request.' }),
    documentIds: t.exposeStringList('ids', { description: 'All ids that stand for it, `documentId` included.' }),
    name: t.exposeString('name', { nullable: true, description: 'The name of the operation; null without one.' }),
    description: t.exposeString('description', {
      nullable: true,
      description: 'Its description, or the comment above it; null without either.',
    }),
    operation: t.field({
      type: DocumentOperation,
      description: 'What it does.',
      resolve: ({ operation }) => operation,
    }),
    variables: t.field({
      type: [DocumentVariableType],
      description: 'Its variables, in the order of the text.',
      resolve: ({ variables }) => variables,
    }),
    path: t.exposeString('path', {
      nullable: true,
      description:
        'Path and query of its URL, to which `variables` may be added as JSON; null for a mutation, which is sent by POST.',
    }),
    file: t.exposeString('file', { description: 'The file of the setting documents that it is in.' }),
    line: t.exposeInt('line', { description: 'Its line in the file, from 1.' }),
    text: t.exposeString('text', { description: 'The document that runs, with its fragments.' }),
    isValid: t.boolean({
      description: 'Whether the schema accepts the document.',
      resolve: ({ problems }) => problems.length === 0,
    }),
    problems: t.exposeStringList('problems', {
      description: 'Why the schema does not accept it; empty for a valid document.',
    }),
  }),
});

builder.queryField('trustedDocuments', (t) =>
  t.field({
    extensions: { scopes: ['admin'] },
    type: [TrustedDocument],
    description:
      'The operations of the setting documents, in the order of their files; not those of the web UI. Needs the scope `admin`.',
    resolve: (_root, _args, { trustedDocuments }) => trustedDocuments(),
  }),
);
