import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** An operation on a file, in the order of the process. */
export interface FileOperation {
  /** Write, truncate, sync, remove, rename: `data` is then the new name. */
  readonly kind: 'W' | 'T' | 'S' | 'U' | 'R';
  readonly name: string;
  /** Of a write; the new size of a truncation. */
  readonly offset: number;
  readonly data: Buffer;
  /** Where its entry ends in the log. */
  readonly end: number;
}

export interface Recording {
  /** What a process needs in its environment to be recorded. */
  readonly environment: NodeJS.ProcessEnv;
  /** The size of the log: whatever the process did before now is in front of it. */
  position(): number;
  operations(): FileOperation[];
}

const headBytes = 16;

/** Prepares to record what a process writes into a data folder; null without a C compiler or outside of Linux. */
export const createRecording = (data: string, scratch: string): Recording | null => {
  const library = join(scratch, 'recorder.so');
  const log = join(scratch, 'recorder.log');
  if (process.platform !== 'linux') return null;
  try {
    const source = fileURLToPath(new URL('recorder.c', import.meta.url));
    execFileSync('sh', ['-c', 'cc -shared -fPIC -O1 -o "$1" "$2" -ldl -lpthread', 'sh', library, source], {
      stdio: 'pipe',
    });
  } catch {
    return null;
  }
  return {
    environment: { LD_PRELOAD: library, RECORD_FOLDER: data, RECORD_LOG: log },
    position: () => statSync(log).size,
    operations() {
      const bytes = readFileSync(log);
      const found: FileOperation[] = [];
      for (let at = 0; at + headBytes <= bytes.length; ) {
        const kind = String.fromCharCode(bytes.readUInt8(at)) as FileOperation['kind'];
        const nameEnd = at + headBytes + bytes.readUInt8(at + 1);
        const end = nameEnd + bytes.readUInt32LE(at + 4);
        // The process was killed while it wrote this entry.
        if (end > bytes.length) break;
        const offset = Number(bytes.readBigInt64LE(at + 8));
        const name = bytes.toString('utf8', at + headBytes, nameEnd);
        found.push({ kind, name, offset, data: bytes.subarray(nameEnd, end), end });
        at = end;
      }
      return found;
    },
  };
};

const sectorBytes = 512;

/** Files up to this size are compared by what they hold, because their operations differ more often than their content. */
const smallBytes = 65_536;

/** What a power loss left of a file. Two states of it with one key are the same. */
interface FileState {
  readonly key: string;
  content(): Buffer;
}

/** A file as a disk holds it: what was synced, and later operations of which each may have reached the disk or not. */
class DiskFile {
  #durable: Buffer = Buffer.alloc(0);
  /** How many operations are durable. */
  #version = 0;
  #unsynced: FileOperation[] = [];

  add(operation: FileOperation): void {
    if (operation.kind !== 'S') {
      this.#unsynced.push(operation);
      return;
    }
    for (const each of this.#unsynced) this.#durable = applied(this.#durable, each);
    this.#version += this.#unsynced.length;
    this.#unsynced = [];
  }

  /** What a process leaves that is killed: all that it wrote. */
  afterKill(): Buffer {
    return this.#unsynced.reduce(applied, Buffer.from(this.#durable));
  }

  /** One of the states that a power loss may leave: unsynced operations are kept, lost, kept out of order, or torn. */
  afterPowerLoss(random: () => number): FileState {
    const share = [0, 1, random(), random()][Math.floor(random() * 4)] ?? 0;
    const isPrefix = random() < 0.5;
    const kept = isPrefix
      ? this.#unsynced.slice(0, Math.round(this.#unsynced.length * share))
      : this.#unsynced.filter(() => random() < share);
    const changes = [...kept];
    const torn = this.#unsynced[Math.floor(random() * this.#unsynced.length)];
    if (torn?.kind === 'W' && random() < 0.5)
      for (let at = 0; at < torn.data.length; at += sectorBytes)
        if (random() < 0.5) {
          const data = torn.data.subarray(at, at + sectorBytes);
          changes.push({ ...torn, offset: torn.offset + at, data });
        }
    const durable = this.#durable;
    const content = (): Buffer => changes.reduce(applied, Buffer.from(durable));
    if (durable.length <= smallBytes) return { key: createHash('sha1').update(content()).digest('hex'), content };
    return { key: [this.#version, ...changes.map(({ end, offset }) => `${end}:${offset}`)].join(), content };
  }
}

const applied = (content: Buffer, { kind, offset, data }: FileOperation): Buffer => {
  const size = kind === 'T' ? offset : Math.max(content.length, offset + data.length);
  let changed = content;
  if (size !== content.length) {
    changed = Buffer.alloc(size);
    content.copy(changed, 0, 0, Math.min(size, content.length));
  }
  if (kind === 'W') data.copy(changed, offset);
  return changed;
};

/** A disk that operations are carried out on, one after the other. */
export class Disk {
  readonly #files = new Map<string, DiskFile>();

  /** Removing and renaming last at once, as a file system with a journal has it, once the folder is synced. */
  add(operation: FileOperation): void {
    const { kind, name, data } = operation;
    const file = this.#files.get(name) ?? new DiskFile();
    if (kind === 'U' || kind === 'R') this.#files.delete(name);
    else file.add(operation);
    if (kind !== 'U') this.#files.set(kind === 'R' ? data.toString() : name, file);
  }

  afterKill(): ReadonlyMap<string, Buffer> {
    return new Map([...this.#files].map(([name, file]) => [name, file.afterKill()]));
  }

  afterPowerLoss(random: () => number): {
    readonly key: string;
    readonly files: readonly (readonly [string, FileState])[];
  } {
    const files = [...this.#files].map(([name, file]) => [name, file.afterPowerLoss(random)] as const);
    return { key: files.map(([name, { key }]) => `${name} ${key}`).join('\n'), files };
  }
}
