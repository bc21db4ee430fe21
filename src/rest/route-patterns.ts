import { collapseSlashes } from '../http/request-checks.ts';

/** What a path that no route has is called. */
const otherPath = 'other';

interface Pattern {
  readonly path: string;
  readonly parts: readonly string[];
  readonly isCatchAll: boolean;
}

/**
 * The pattern of a path, query included, such as `/users/{user_id}`: of these there are as many as routes, and none names a
 * person. `other` for a path that is none of them.
 */
export const createRoutePatterns = (
  routes: readonly { readonly path: string; readonly isCatchAll?: boolean }[],
  others: readonly string[],
): ((path: string) => string) => {
  const fixed = new Set([...routes.map(({ path }) => path), ...others].filter((path) => !path.includes('{')));
  const patterns = routes.filter(({ path }) => path.includes('{')).map(patternOf);

  return (path) => {
    if (fixed.has(path)) return path;
    const end = path.search(/[?#]/);
    const plain = collapseSlashes(end < 0 ? path : path.slice(0, end));
    const pathname = plain.length > 1 ? plain.replace(/\/$/, '') : plain;
    if (fixed.has(pathname)) return pathname;
    if (pathname.startsWith('/assets/')) return '/assets/*';
    const parts = pathname.split('/');
    return patterns.find((pattern) => matches(pattern, parts))?.path ?? otherPath;
  };
};

const patternOf = ({
  path,
  isCatchAll = false,
}: {
  readonly path: string;
  readonly isCatchAll?: boolean;
}): Pattern => ({
  path,
  parts: path.split('/'),
  isCatchAll,
});

const matches = ({ parts: pattern, isCatchAll }: Pattern, parts: readonly string[]): boolean =>
  (isCatchAll ? parts.length >= pattern.length : parts.length === pattern.length) &&
  pattern.every((part, index) => part.startsWith('{') || part === parts[index]);
