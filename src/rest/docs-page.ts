import { html, raw } from 'hono/html';
import { errorCodes } from '../errors.ts';
import {
  type ApiDocument,
  type DocumentedRoute,
  locationOf,
  type Operation,
  operationsOf,
  type Parameter,
} from './api-document.ts';
import { formScript, keyInput, tryForm } from './docs-form.ts';

/** The parts of a response that the page shows. */
interface ResponsePart {
  readonly description: string;
  readonly content?: Readonly<Record<string, { readonly schema?: object; readonly example?: unknown }>>;
}

/** The OpenAPI document as a page with forms: nothing is loaded from elsewhere. Its examples send requests to `origin`. */
export const docsPage = async (document: ApiDocument, origin: string): Promise<string> => {
  const entries = operationsOf(document);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${document.info.title} ${document.info.version}: REST API</title>
<style>${raw(style)}</style>
</head>
<body>
<h1>${document.info.title} <small>${document.info.version}</small></h1>
<p>${document.info.description}</p>
<p><a href="/graphql">GraphiQL</a> · <a href="/openapi.json">openapi.json</a> · <a href="#errors">Errors</a></p>
<p>${keyInput}</p>
<table>
<tr><th>Request</th><th>Response</th></tr>
${entries.map(indexRow)}</table>
${entries.map((entry) => operationSection(entry, origin))}
<section id="errors">
<h2>Errors</h2>
<p>A request that fails gets the status of its code and this body. <code>problems</code> is absent when no field is at fault; <code>requestId</code> is present for <code>INTERNAL</code> only.</p>
${code({ error: { code: '…', message: '…', problems: [{ path: '…', code: '…', message: '…' }] } })}
<table>
<tr><th>Code</th><th>Status</th><th>Meaning</th></tr>
${errorCodes.map(
  (entry) => html`<tr><td><code>${entry.code}</code></td><td>${entry.status}</td><td>${prose(entry.meaning)}</td></tr>
`,
)}</table>
</section>
<script>${raw(formScript)}</script>
</body>
</html>
`;
  return String(await page);
};

const operationSection = (entry: DocumentedRoute, origin: string) => {
  const { method, path, operation } = entry;
  const parameters = (operation.parameters ?? []) as Parameter[];
  return html`<section id="${anchorOf(entry)}">
<h2><code>${method} ${path}</code></h2>
<p><strong>${prose(operation.summary)}.</strong> ${prose(operation.description)}</p>
${parameters.length > 0 ? parameterTable(parameters, operation) : ''}
<pre><code>curl${method === 'GET' ? '' : ` -X ${method}`} '${origin}${examplePath(path, parameters)}'${exampleBody(operation)}</code></pre>
${tryForm(entry)}
${Object.entries(operation.responses ?? {}).map(([status, response]) => responseSection(status, response as ResponsePart))}
</section>
`;
};

const indexRow = (entry: DocumentedRoute) =>
  html`<tr><td><a href="#${anchorOf(entry)}"><code>${entry.method} ${entry.path}</code></a></td><td>${prose(entry.operation.summary)}</td></tr>
`;

const parameterTable = (parameters: readonly Parameter[], operation: Operation) => html`<table>
<tr><th>Parameter</th><th>In</th><th>Meaning</th><th>Example</th></tr>
${parameters.map((parameter) => parameterRow(parameter, operation))}</table>`;

const parameterRow = (parameter: Parameter, operation: Operation) =>
  html`<tr><td><code>${parameter.name}</code></td><td>${locationOf(parameter, operation)}</td><td>${prose(parameter.description)}</td><td><code>${parameter.schema.example}</code></td></tr>
`;

const responseSection = (status: string, { description, content = {} }: ResponsePart) =>
  Object.entries(content).map(([type, { schema, example }]) =>
    status === '200'
      ? html`<h3>${status} <small>${type}</small></h3>
${example === undefined ? '' : code(example)}
<details><summary>Schema</summary>${code(schema)}</details>
`
      : html`<h3>${status} <small>${type}</small></h3>
<details><summary>${prose(description)}</summary>${code(example)}</details>
`,
  );

const code = (value: unknown) => html`<pre><code>${JSON.stringify(value, null, 2)}</code></pre>`;

/** Text in which backticks mark code. */
const prose = (text = '') =>
  text.split('`').map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : html`${part}`));

const anchorOf = ({ method, path }: DocumentedRoute): string =>
  `${method.toLowerCase()}${path.replace(/[^a-z0-9]+/gi, '-')}`;

/** The options of a curl command that send the example of a body, on one line; a body without an example is omitted. */
const exampleBody = ({ requestBody }: Operation) => {
  const { content = {} } = (requestBody ?? {}) as { readonly content?: ResponsePart['content'] };
  const [first] = Object.entries(content);
  if (first?.[1].example === undefined) return '';
  const [type, { example }] = first;
  const text = typeof example === 'string' ? example.trimEnd() : JSON.stringify(example);
  return html` -H 'content-type: ${type}' --data-binary '${text}'`;
};

const examplePath = (path: string, parameters: readonly Parameter[]): string => {
  // A colon may be unescaped in a path and a query, and is more readable.
  const exampleOf = ({ schema }: Parameter) => encodeURIComponent(schema.example ?? '').replaceAll('%3A', ':');
  const inPath = (filled: string, parameter: Parameter) => filled.replace(`{${parameter.name}}`, exampleOf(parameter));
  // A cursor belongs to one list and a snapshot to one store, so an example of them fits no other request.
  const query = parameters.filter(
    ({ in: location, deprecated, name, schema }) =>
      location === 'query' &&
      !deprecated &&
      schema.example !== undefined &&
      !/^(?:_after|_before|sequence|known_at)$/.test(name),
  );
  const search = query.map((parameter) => `${parameter.name}=${exampleOf(parameter)}`).join('&');
  return parameters.reduce(inPath, path) + (search === '' ? '' : `?${search}`);
};

const style = `
:root { color-scheme: light dark; --edge: #8886; --faint: #8881; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; font: 16px/1.5 system-ui, sans-serif; overflow-wrap: break-word; }
section { margin-top: 3rem; border-top: 1px solid var(--edge); }
h1 small, h3 small { font-weight: normal; opacity: 0.75; }
h3 { margin-bottom: 0; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: 0.3rem 1rem 0.3rem 0; border-bottom: 1px solid var(--edge); text-align: left; vertical-align: top; }
pre { padding: 0.7rem 1rem; overflow-x: auto; overflow-wrap: normal; background: var(--faint); border-radius: 4px; }
label { display: flex; gap: 0.5rem; margin: 0.3rem 0; }
label span { flex: 0 0 10rem; font: 0.9em/1.5 ui-monospace, monospace; }
input, select, textarea { flex: 1; min-width: 0; font: 0.9em/1.5 ui-monospace, monospace; }
output pre { max-height: 30rem; overflow-y: auto; }
code { font: 0.9em/1.5 ui-monospace, monospace; }
`;
