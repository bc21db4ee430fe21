import { Command } from 'commander';
import { commands } from '../src/cli/commands.ts';
import { settings } from '../src/config.ts';
import { errorCodes } from '../src/errors.ts';
import { routeList } from '../src/rest/routes.ts';

/** The README's tables, each printed from the list the program itself uses; `codegen.ts` puts them between markers. */
export const referenceSections = (): Record<string, string> => ({
  commands: table(
    ['command', 'what it does'],
    declaredCommands().map(({ usage, summary }) => [`\`asof ${usage}\``, summary]),
  ),
  routes: table(
    ['route', 'answer'],
    routeList.map(({ method, path, summary }) => [`\`${method} ${path}\``, summary]),
  ),
  settings: table(
    ['setting', 'environment', 'default', 'meaning'],
    settings.map(({ name, environment, fallback, meaning }) => [
      `\`--${kebab(name)}\``,
      `\`${environment}\``,
      fallback === '' ? '' : `\`${fallback}\``,
      meaning.replaceAll('|', '\\|'),
    ]),
  ),
  errors: table(
    ['code', 'status', 'meaning'],
    errorCodes.map(({ code, status, meaning }) => [`\`${code}\``, String(status), meaning]),
  ),
});

/** A document with the text between each pair of markers `<!-- name -->` and `<!-- /name -->` replaced. */
export const withSections = (document: string, sections: Readonly<Record<string, string>>): string =>
  Object.entries(sections).reduce((text, [name, section]) => {
    const pattern = new RegExp(`(<!-- ${name} -->\\n)[\\s\\S]*?(<!-- /${name} -->)`);
    if (!pattern.test(text)) throw new Error(`the document has no markers for ${name}`);
    return text.replace(pattern, (_all, open: string, close: string) => `${open}\n${section}\n\n${close}`);
  }, document);

const declaredCommands = (): { usage: string; summary: string }[] =>
  commands.map(({ declare }) => {
    const declared = declare(new Command('asof'));
    return { usage: `${declared.name()} ${declared.usage()}`, summary: declared.summary() || declared.description() };
  });

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

const table = (heads: readonly string[], rows: readonly (readonly string[])[]): string =>
  [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
