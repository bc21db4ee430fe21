/** Whether a client that sent `If-None-Match` has the content of `etag` (RFC 9110, section 13.1.2: weak comparison). */
export const isCached = (etag: string, ifNoneMatch: string | null | undefined): boolean => {
  const opaque = etag.replace(/^W\//, '');
  return (ifNoneMatch ?? '').split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === opaque);
};
