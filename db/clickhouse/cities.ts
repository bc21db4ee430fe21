import type { FactKnowledge } from '../../src/domains/facts/knowledge.ts';
import type { Connection } from './connection.ts';
import { insertEverywhere, tables } from './tables.ts';

/** Addresses whose cities are found and stored at once. */
const sliceAddresses = 50_000;

/**
 * The cities of the addresses of facts. A table of addresses is searched in this process, once for each address that facts
 * have: ranges that overlap, and IPv4 within IPv6, are the domain's to interpret.
 */
export class Cities {
  readonly #connection: Connection;
  readonly #knowledge: FactKnowledge;
  /** Up to which sequence number the addresses of facts have their cities, by table. */
  readonly #covered = new Map<number, number>();
  #running: Promise<unknown> = Promise.resolve();

  constructor(connection: Connection, knowledge: FactKnowledge) {
    this.#connection = connection;
    this.#knowledge = knowledge;
  }

  /** Finds what is missing for facts up to a sequence number; the result is the table that counts then, 0 for none. */
  async cover(sequence: number): Promise<number> {
    const table = this.#knowledge.addressTableAt(sequence);
    if (table === 0 || (this.#covered.get(table) ?? 0) >= sequence) return table;
    const find = (): Promise<void> => this.#find(table, sequence);
    const running = this.#running.then(find, find);
    this.#running = running;
    await running;
    return table;
  }

  /** Forgets what is stored: the tables were created anew. */
  reset(): void {
    this.#covered.clear();
  }

  async #find(table: number, sequence: number): Promise<void> {
    const covered = this.#covered.get(table) ?? (await this.#readCovered(table));
    this.#covered.set(table, covered);
    if (covered >= sequence) return;
    const addresses: string[] = [];
    const connection = this.#connection;
    const facts = `FROM ${connection.local('transactions')} WHERE seq > ${covered} AND seq <= ${sequence} AND ip != ''`;
    // The addresses of few facts are found by the order of the table.
    const known = `SELECT ip FROM ${connection.local('ip_cities')} WHERE table_seq = ${table} AND ip IN (SELECT ip ${facts})`;
    const sql = `SELECT DISTINCT ip FROM ${connection.overShards(`SELECT ip ${facts} AND ip NOT IN (${known})`)}`;
    await connection.each<[string]>(sql, ([ip]) => void addresses.push(ip));
    for (let from = 0; from < addresses.length; from += sliceAddresses)
      await this.#store(table, addresses.slice(from, from + sliceAddresses), sequence);
    const token = `${table} ${sequence}`;
    await connection.insert('ip_cities_progress', tables.ip_cities_progress.columns, [[table, sequence]], token);
    this.#covered.set(table, sequence);
  }

  async #store(table: number, addresses: readonly string[], sequence: number): Promise<void> {
    const cities = await this.#knowledge.citiesOf(addresses, sequence);
    const rows = addresses.map((address, index) => [table, address, cities[index] as string]);
    // A repeat after a failure may store an address twice, with the same city: readers take any row of an address.
    await insertEverywhere(this.#connection, 'ip_cities', rows, `${table} ${addresses[0]} ${sequence}`);
  }

  async #readCovered(table: number): Promise<number> {
    const sql = `SELECT max(covered_seq) FROM ${this.#connection.table('ip_cities_progress')} WHERE table_seq = ${table}`;
    const [row] = await this.#connection.rows<[number]>(sql);
    return row?.[0] ?? 0;
  }
}
