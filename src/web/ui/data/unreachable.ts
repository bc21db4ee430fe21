/** The server does not answer; what is open stays. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
}

const isReachable = (): Promise<boolean> =>
  fetch('/healthz', { cache: 'no-store' }).then(
    () => true,
    () => false,
  );

/**
 * Scripts of a page, loaded when it first opens. Throws UnreachableError while the server is away; the router takes any
 * other error for that of a newer build whose scripts have other names, and loads everything again.
 */
export const pageScripts =
  <Scripts>(load: () => Promise<Scripts>) =>
  (): Promise<Scripts> =>
    load().catch(async (error: unknown) => {
      throw (await isReachable()) ? error : new UnreachableError('The scripts of this page could not be loaded.');
    });
