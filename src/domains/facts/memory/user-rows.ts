import { absentUint32, growableUint32 } from '../../../indices/growable.ts';
import type { HasState, StateColumns } from '../../../indices/state-columns.ts';

/** The rows of each user, so that one user's facts are found without a scan. */
export class UserRows implements HasState {
  /** By row: the user's previous one. */
  readonly #previousOfUser = growableUint32();
  /** By the user's code. */
  readonly #lastOfUser = growableUint32();

  /** The next rows are of these users. */
  pushAll(users: Int32Array): void {
    for (let index = 0; index < users.length; index++) this.push(users[index] as number);
  }

  /** The next row is one of this user. */
  push(user: number): void {
    while (this.#lastOfUser.length <= user) this.#lastOfUser.push(absentUint32);
    const row = this.#previousOfUser.push(this.#lastOfUser.values[user] as number);
    this.#lastOfUser.set(user, row);
  }

  /** One user's rows below `rows`, ascending. */
  rowsOf(user: number, rows: number): number[] {
    const found: number[] = [];
    const last = user < this.#lastOfUser.length ? (this.#lastOfUser.values[user] as number) : absentUint32;
    for (let row = last; row !== absentUint32; row = this.#previousOfUser.values[row] as number)
      if (row < rows) found.push(row);
    return found.reverse();
  }

  exchange(columns: StateColumns): void {
    this.#previousOfUser.exchange(columns, 'previousOfUser');
    this.#lastOfUser.exchange(columns, 'lastOfUser', true);
  }

  get byteLength(): number {
    return this.#previousOfUser.byteLength + this.#lastOfUser.byteLength;
  }
}
