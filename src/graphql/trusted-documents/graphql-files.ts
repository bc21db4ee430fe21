import {
  type DefinitionNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  print,
  visit,
} from 'graphql';
import { faultOf, parseStored, type StoredDocument, sha256, storedDocument } from './stored-document.ts';

/** A file with its text. */
export interface GraphqlFile {
  readonly file: string;
  readonly text: string;
}

interface ParsedFile extends GraphqlFile {
  readonly document: DocumentNode;
}

/** A definition with the file that it stands in. */
interface Located<Node> {
  readonly node: Node;
  readonly file: string;
}

/**
 * Each operation of the files as a document of its own, with the fragments of all files that it uses. Its ids are its
 * name and the hash of its text as graphql-js prints it: first the operation, then its fragments in the order of their
 * names. A file that holds just one operation and its fragments is also found by the hash of the file. Throws
 * BAD_REQUEST for syntax errors, names that are used twice, and definitions of types.
 */
export const parseGraphqlFiles = (files: readonly GraphqlFile[]): StoredDocument[] => {
  const parsed = files.map((each) => ({ ...each, document: parseStored(each.text, { file: each.file, line: 1 }) }));
  const fragments = fragmentsOf(parsed);
  const operations = operationsOf(parsed);
  return parsed.flatMap((each) =>
    operations
      .filter(({ file }) => file === each.file)
      .map(({ node }) => {
        const used = fragmentsUsedBy(node, fragments);
        const document: DocumentNode = { kind: Kind.DOCUMENT, definitions: [node, ...used] };
        const isWhole = each.document.definitions.length === document.definitions.length && isOfFile(used, each);
        const ids = [node.name?.value ?? [], isWhole ? sha256(each.text) : []].flat();
        const text = print(document);
        return storedDocument(ids.length > 0 ? ids : [sha256(text)], text, document, {
          file: each.file,
          line: lineOf(node),
        });
      }),
  );
};

const lineOf = ({ loc }: DefinitionNode): number => loc?.startToken.line ?? 1;

const isOfFile = (used: readonly FragmentDefinitionNode[], { document }: ParsedFile): boolean =>
  used.every((fragment) => document.definitions.includes(fragment));

const fragmentsOf = (files: readonly ParsedFile[]): Map<string, FragmentDefinitionNode> => {
  const byName = new Map<string, Located<FragmentDefinitionNode>>();
  for (const { file, document } of files)
    for (const node of document.definitions) {
      if (node.kind !== Kind.FRAGMENT_DEFINITION) continue;
      const other = byName.get(node.name.value);
      if (other && print(other.node) !== print(node))
        throw faultOf(
          { file, line: lineOf(node) },
          `the fragment ${node.name.value} is also defined at ${other.file}:${lineOf(other.node)}`,
        );
      byName.set(node.name.value, other ?? { node, file });
    }
  return new Map([...byName].map(([name, { node }]) => [name, node]));
};

const operationsOf = (files: readonly ParsedFile[]): Located<OperationDefinitionNode>[] => {
  const found: Located<OperationDefinitionNode>[] = [];
  for (const { file, document } of files)
    for (const node of document.definitions) {
      if (node.kind === Kind.FRAGMENT_DEFINITION) continue;
      const source = { file, line: lineOf(node) };
      if (node.kind !== Kind.OPERATION_DEFINITION)
        throw faultOf(source, 'only operations and fragments are allowed, not definitions of types');
      const name = node.name?.value;
      const other = found.find((each) => name !== undefined && each.node.name?.value === name);
      if (other) throw faultOf(source, `the operation ${name} is also defined at ${other.file}:${lineOf(other.node)}`);
      found.push({ node, file });
    }
  return found;
};

/** The fragments that an operation uses, directly or not, in the order of their names; unknown ones are left out. */
const fragmentsUsedBy = (
  operation: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): FragmentDefinitionNode[] => {
  const used = new Map<string, FragmentDefinitionNode>();
  const collect = (node: DefinitionNode): void =>
    void visit(node, {
      FragmentSpread({ name }) {
        const fragment = fragments.get(name.value);
        if (!fragment || used.has(name.value)) return;
        used.set(name.value, fragment);
        collect(fragment);
      },
    });
  collect(operation);
  return [...used].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, fragment]) => fragment);
};
