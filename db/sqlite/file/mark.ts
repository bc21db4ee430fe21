import { createHash } from 'node:crypto';
import { closeSync, constants, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import type { StoreState } from '../digests/store-state.ts';

/** How far the store had got, as the file beside it says. */
export type MarkState = StoreState;

/** What identifies a file that nobody has changed since. */
export interface FileIdentity {
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly ino: bigint;
}

const slotBytes = 128;
const checkedBytes = 112;
/** Two for each process, by its id: they are written in turn, so that a torn write leaves the other one. */
const slots = 32;
const marksBytes = slots * slotBytes;
const closedAt = marksBytes;
const verifiedAt = closedAt + slotBytes;
const fileBytes = 2 * marksBytes;

/** Each kind of slot begins with another one. */
const magic = { mark: 0x61736f666d726b31n, closed: 0x61736f66636c7331n, verified: 0x61736f6676726631n } as const;

/**
 * The high-water mark of a store, in a file of its own: what a store that was cut, or replaced by an older copy, no longer
 * has. It is written after COMMIT and never synced, so that it may be behind the store but never ahead of it.
 */
export class MarkFile {
  readonly #file: number;
  readonly #firstSlot = 2 * (process.pid % (slots / 2));

  constructor(path: string, isReadOnly: boolean) {
    this.#file = openSync(path, isReadOnly ? constants.O_RDONLY : constants.O_RDWR | constants.O_CREAT, 0o644);
  }

  /** The newest mark; null when there is none. */
  read(): MarkState | null {
    return this.#newest(this.#bytes());
  }

  /** Raises the mark; one that another process has set higher stays. */
  write(state: MarkState): void {
    const bytes = this.#bytes();
    if (this.#newest(bytes, orderOf(state))) return;
    const [one, other] = [this.#firstSlot, this.#firstSlot + 1].map((slot) => markIn(slotOf(bytes, slot)));
    const isOneOlder = orderOf(one ?? null) <= orderOf(other ?? null);
    this.#writeSlot((this.#firstSlot + (isOneOlder ? 0 : 1)) * slotBytes, encodeMark(state));
  }

  /** Sets the mark to a state, also to a lower one. */
  reset(state: MarkState): void {
    ftruncateSync(this.#file, 0);
    ftruncateSync(this.#file, fileBytes);
    this.#writeSlot(this.#firstSlot * slotBytes, encodeMark(state));
  }

  /** Notes that the store was sound when it was closed, with this file. */
  noteClosed({ size, mtimeNs, ctimeNs, ino }: FileIdentity): void {
    this.#writeSlot(closedAt, encode(magic.closed, [size, mtimeNs, ctimeNs, ino]));
  }

  /** Whether the store is the one that was closed. */
  wasClosedAs({ size, mtimeNs, ctimeNs, ino }: FileIdentity): boolean {
    return slotOf(this.#bytes(), closedAt / slotBytes).equals(encode(magic.closed, [size, mtimeNs, ctimeNs, ino]));
  }

  /** Notes that this process has found the store sound and has it open; null ends it. */
  noteVerifiedBy(processId: number | null): void {
    this.#writeSlot(verifiedAt, encode(magic.verified, [BigInt(processId ?? 0)]));
  }

  /** The process that has found the store sound; null when none has. */
  verifiedBy(): number | null {
    const slot = slotOf(this.#bytes(), verifiedAt / slotBytes);
    if (!isWhole(slot, magic.verified)) return null;
    return Number(slot.readBigUInt64BE(8)) || null;
  }

  close(): void {
    closeSync(this.#file);
  }

  #bytes(): Buffer {
    const bytes = Buffer.alloc(fileBytes);
    readSync(this.#file, bytes, 0, fileBytes, 0);
    return bytes;
  }

  /** The newest mark of at least the order; only slots that may hold it are compared with their checksum. */
  #newest(bytes: Buffer, orderMin = 0): MarkState | null {
    let newest: MarkState | null = null;
    for (let number = 0; number < slots; number++) {
      const slot = slotOf(bytes, number);
      const order = orderIn(slot);
      if (order < orderMin || order <= orderOf(newest)) continue;
      newest = markIn(slot) ?? newest;
    }
    return newest;
  }

  #writeSlot(position: number, slot: Buffer): void {
    writeSync(this.#file, slot, 0, slotBytes, position);
  }
}

/** Both numbers only grow, and one of them with every transaction that writes. */
const orderOf = (state: MarkState | null): number => (state ? state.lastSeq + state.side.changes : -1);

/** The order of the mark in a slot, if it holds one. */
const orderIn = (slot: Buffer): number => Number(slot.readBigUInt64BE(8)) + Number(slot.readBigUInt64BE(16));

const slotOf = (bytes: Buffer, slot: number): Buffer => bytes.subarray(slot * slotBytes, (slot + 1) * slotBytes);

const encodeMark = ({ lastSeq, digest, side }: MarkState): Buffer =>
  encode(magic.mark, [BigInt(lastSeq), BigInt(side.changes)], Buffer.concat([digest, side.digest]));

const markIn = (slot: Buffer): MarkState | null => {
  if (!isWhole(slot, magic.mark)) return null;
  const [lastSeq, changes] = [Number(slot.readBigUInt64BE(8)), Number(slot.readBigUInt64BE(16))];
  // Copied, because the slot is a view of all marks.
  const digest = Buffer.from(slot.subarray(24, 56));
  return { lastSeq, digest, side: { changes, digest: Buffer.from(slot.subarray(56, 64)) } };
};

const encode = (kind: bigint, numbers: readonly bigint[], rest: Buffer = Buffer.alloc(0)): Buffer => {
  const slot = Buffer.alloc(slotBytes);
  [kind, ...numbers].forEach((number, index) => void slot.writeBigUInt64BE(number, 8 * index));
  rest.copy(slot, 8 * (1 + numbers.length));
  checksumOf(slot).copy(slot, checkedBytes, 0, slotBytes - checkedBytes);
  return slot;
};

/** A slot that was never written needs no checksum. */
const isWhole = (slot: Buffer, kind: bigint): boolean =>
  slot.readBigUInt64BE(0) === kind &&
  checksumOf(slot)
    .subarray(0, slotBytes - checkedBytes)
    .equals(slot.subarray(checkedBytes));

const checksumOf = (slot: Buffer): Buffer => createHash('sha256').update(slot.subarray(0, checkedBytes)).digest();
