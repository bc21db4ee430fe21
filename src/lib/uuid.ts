/** RFC 9562: the versions it defines, in its own variant. */
const form = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** A UUID (RFC 9562, versions 1 to 8) in lower case, as it is compared; null for anything else. */
export const parseUuid = (text: string): string | null => {
  const uuid = text.length === 36 ? text.toLowerCase() : '';
  return form.test(uuid) ? uuid : null;
};
