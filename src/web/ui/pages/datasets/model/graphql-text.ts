/** A value of an enum, which is written without quotes. */
export class EnumValue {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** A value as it is written in a GraphQL document. */
const literalText = (value: unknown): string => {
  if (value instanceof EnumValue) return value.name;
  if (Array.isArray(value)) return `[${value.map(literalText).join(', ')}]`;
  if (typeof value === 'object' && value !== null) return `{ ${fieldsText(value)} }`;
  return JSON.stringify(value ?? null);
};

const fieldsText = (fields: object): string =>
  Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${literalText(value)}`)
    .join(', ');

/** Arguments in parentheses; none for those that are all undefined. */
export const argumentsText = (fields: object): string => {
  const text = fieldsText(fields);
  return text === '' ? '' : `(${text})`;
};

/** A program that sends a document to the server. */
export const programText = (origin: string, document: string): string => `// An API key, where the server needs one.
const key = '';
const response = await fetch(${JSON.stringify(`${origin}/graphql`)}, {
  method: 'POST',
  headers: { 'content-type': 'application/json', ...(key !== '' && { 'x-api-key': key }) },
  body: JSON.stringify({ query: ${JSON.stringify(document)} }),
});
const { data, errors } = await response.json();
if (errors) throw new Error(errors.map(({ message }: { message: string }) => message).join('; '));
console.log(data);
`;

/** A URL that curl reads, quoted for a shell. */
export const curlText = (url: string): string => `curl -s -H "x-api-key: $ASOF_KEY" '${url.replaceAll("'", "'\\''")}'`;
