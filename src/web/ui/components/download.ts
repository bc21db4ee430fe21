/** Saves a file that the page has made. */
export const saveFile = (name: string, content: Blob): void => {
  const url = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  // The browser reads the address after the click has returned.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
};

/** Saves CSV. The byte order mark makes spreadsheets read it as UTF-8. */
export const saveCsv = (name: string, text: string): void =>
  saveFile(name, new Blob(['\uFEFF', text], { type: 'text/csv;charset=utf-8' }));

/**
 * Saves what a REST route answers, with the headers of the session (`headersOf(useSession())`). Throws an `Error` with
 * the server's sentence when it refuses.
 */
export const saveResponse = async (path: string, headers: Record<string, string>, name: string): Promise<void> => {
  const response = await fetch(path, { headers });
  if (response.ok) return saveFile(name, await response.blob());
  const text = await response.text();
  throw new Error(messageOf(text) ?? `The server answered with status ${response.status}.`);
};

/** The sentence in an error answer of the REST routes. */
const messageOf = (text: string): string | undefined => {
  try {
    const body = JSON.parse(text) as { error?: { message?: unknown }; message?: unknown };
    const message = body.error?.message ?? body.message;
    return typeof message === 'string' ? message : undefined;
  } catch {
    return undefined;
  }
};
