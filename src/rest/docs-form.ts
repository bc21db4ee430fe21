import { createHash } from 'node:crypto';
import { html } from 'hono/html';
import { type DocumentedRoute, locationOf, type Operation, type Parameter } from './api-document.ts';

/** The content of a body by its media type. */
type Content = Readonly<Record<string, { readonly example?: unknown }>>;

/** A form that sends a request of a route and shows the answer. */
export const tryForm = ({ method, path, operation }: DocumentedRoute) => {
  const parameters = (operation.parameters ?? []) as Parameter[];
  const body = operation.requestBody as { readonly required?: boolean; readonly content?: Content } | undefined;
  return html`<details class="try"><summary>Try it</summary>
<form data-method="${method}" data-path="${path}">
${parameters.map((parameter) => parameterInput(parameter, operation))}${body?.required ? bodyInput(body.content ?? {}) : ''}<p><button>Send</button></p>
<output aria-live="polite"></output>
</form>
</details>`;
};

/** Optional parameters are empty at first, and an empty one is not sent. */
const parameterInput = (parameter: Parameter, operation: Operation) => {
  const { name, in: location, schema } = parameter;
  const isOptional = locationOf(parameter, operation).endsWith('optional');
  const hint = schema.type === 'object' ? 'name=value&name=value' : (schema.example ?? '');
  return html`<label><span>${name}</span> <input name="${name}" data-in="${schema.type === 'object' ? 'pairs' : location}" placeholder="${hint}" value="${isOptional ? '' : hint}" autocomplete="off"></label>
`;
};

const bodyInput = (content: Content) => {
  const [[, first] = []] = Object.entries(content);
  const options = Object.entries(content).map(
    ([type, { example }]) => html`<option data-example="${textOf(example)}">${type}</option>`,
  );
  return html`<label><span>content-type</span> <select data-in="type">${options}</select></label>
<label><span>body</span> <textarea data-in="body" rows="4">${textOf(first?.example)}</textarea></label>
`;
};

const textOf = (example: unknown): string =>
  typeof example === 'string' ? example : example === undefined ? '' : JSON.stringify(example, null, 2);

/** The input of the key, which every form sends. It is kept in the page only. */
export const keyInput = html`<label><span>API key</span> <input id="key" type="password" autocomplete="off" placeholder="for the forms below; sent as x-api-key"></label>`;

/** Runs in the browser. Reads at most 100,000 characters of an answer, and shows bytes as their number. */
export const formScript = `
const shownMax = 100000;
const readText = async (response) => {
  if (!response.body) return '';
  const type = response.headers.get('content-type') ?? '';
  if (!/json|text|csv|xml/.test(type)) return (await response.blob()).size + ' bytes of ' + type;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    text += part.value;
    if (text.length <= shownMax) continue;
    await reader.cancel();
    return text.slice(0, shownMax) + '\\n… (the answer is longer)';
  }
  try {
    return /^application\\/json/.test(type) ? JSON.stringify(JSON.parse(text), null, 2) : text;
  } catch {
    return text;
  }
};
const requestOf = (form) => {
  let path = form.dataset.path;
  const search = new URLSearchParams();
  const headers = new Headers();
  const key = document.getElementById('key').value;
  if (key) headers.set('x-api-key', key);
  const request = { method: form.dataset.method, headers };
  for (const { name, value, dataset } of form.querySelectorAll('[data-in]')) {
    if (value === '' && dataset.in !== 'path') continue;
    if (dataset.in === 'path') path = path.replace('{' + name + '}', encodeURIComponent(value));
    if (dataset.in === 'query') search.append(name, value);
    if (dataset.in === 'pairs') for (const [each, text] of new URLSearchParams(value)) search.append(each, text);
    if (dataset.in === 'header') headers.set(name, value);
    if (dataset.in === 'type') headers.set('content-type', value);
    if (dataset.in === 'body') request.body = value;
  }
  return [path + (search.size > 0 ? '?' + search : ''), request];
};
const send = async (form) => {
  const [path, request] = requestOf(form);
  const startMs = performance.now();
  const response = await fetch(path, request);
  const text = await readText(response);
  const head = [request.method + ' ' + path, response.status + ' ' + response.statusText + ', ' + Math.round(performance.now() - startMs) + ' ms'];
  for (const [name, value] of response.headers) head.push(name + ': ' + value);
  return head.join('\\n') + '\\n\\n' + text;
};
document.addEventListener('submit', async (event) => {
  event.preventDefault();
  const form = event.target;
  const button = form.querySelector('button');
  const shown = document.createElement('pre');
  button.disabled = true;
  shown.textContent = await send(form).catch((error) => 'The request failed: ' + error.message);
  button.disabled = false;
  form.querySelector('output').replaceChildren(shown);
});
document.addEventListener('change', ({ target }) => {
  if (target.dataset.in === 'type') target.form.querySelector('textarea').value = target.selectedOptions[0].dataset.example;
});
`;

/** Nothing is loaded from elsewhere, and no script runs but that of the forms, which call this server only. */
export const pagePolicy = [
  "default-src 'none'",
  `script-src 'sha256-${createHash('sha256').update(formScript).digest('base64')}'`,
  "style-src 'unsafe-inline'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');
