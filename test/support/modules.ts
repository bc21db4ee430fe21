import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Import {
  /** Path from the root, of the file that is imported; a package's name when it is not ours. */
  readonly target: string;
  readonly ours: boolean;
  /** True when nothing of it is there at run time. */
  readonly typeOnly: boolean;
}

export interface Module {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

/** The TypeScript files below the given folders, with what they import. */
export const modulesOf = (folders: readonly string[]): Module[] =>
  folders
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
    )
    .filter((path) => /\.tsx?$/.test(path))
    .map((path) => {
      const text = readFileSync(join(root, path), 'utf8');
      return { path, text, imports: importsOf(path, text) };
    });

const statement = /^(?:import|export)\s+(type\s+)?([^;'"]*?from\s+)?['"]([^'"]+)['"]/gm;

const importsOf = (path: string, text: string): Import[] =>
  [...text.matchAll(statement)].map(([, type, clause = '', specifier = '']) => {
    const ours = specifier.startsWith('.');
    const target = ours ? relative('.', normalize(join(dirname(path), specifier))) : specifier;
    const names =
      /\{([^}]*)\}/s
        .exec(clause)?.[1]
        ?.split(',')
        .map((name) => name.trim())
        .filter(Boolean) ?? [];
    const allTypes = names.length > 0 && names.every((name) => name.startsWith('type '));
    return { target, ours, typeOnly: type !== undefined || allTypes };
  });
