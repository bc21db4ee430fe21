/** A host as URLs write it (lower case, punycode, addresses in their canonical form, IPv6 in brackets), and its port. */
export interface HostPort {
  readonly host: string;
  /** Null means every port. */
  readonly port: number | null;
}

/** `host`, `host:port`, `[v6]` or `[v6]:port`; null for anything else. */
export const parseHostPort = (text: string): HostPort | null => {
  const [, name = '', digits] = /^(\[[^\]]*\]|[^\s:/?#@\\[\]]+)(?::(\d{1,5}))?$/.exec(text) ?? [];
  if (name === '' || Number(digits ?? 0) > 65_535 || !URL.canParse(`http://${name}`)) return null;
  const host = plainHost(new URL(`http://${name}`).hostname);
  // URLs allow other characters in hosts, but no machine has such a name; `*` would be taken literally.
  if (!/^(?:\[[\da-f:]+\]|[\w.-]+)$/.test(host)) return null;
  return { host, port: digits === undefined ? null : Number(digits) };
};

/** A name with a dot at its end is the same name, fully qualified. */
export const plainHost = (host: string): string => host.replace(/\.$/, '');
