import { MessageChannel, type MessagePort, receiveMessageOnPort, type Worker } from 'node:worker_threads';
import { startThread, waitForThread } from '../../src/lib/thread.ts';
import type { RecordSelection, SegmentFile } from './file.ts';
import type { ReadReply, ReadRequest, ThreadData } from './messages.ts';

/** A read that takes longer has failed: the thread is ended, and the next read starts another one. */
const readMsMax = 120_000;

interface Thread {
  readonly worker: Worker;
  readonly port: MessagePort;
  readonly signal: Int32Array;
}

/**
 * Reads records from segments. DuckDB only answers asynchronously, but a store answers at once, so a thread reads while this one
 * waits for it, as it does for SQLite.
 */
export class SegmentReader {
  #thread: Thread | undefined;

  read(file: SegmentFile, selection: RecordSelection): ReadReply {
    this.#thread ??= this.#start();
    const { port, signal } = this.#thread;
    const request: ReadRequest = { file, selection };
    Atomics.store(signal, 0, 0);
    port.postMessage(request);
    if (waitForThread({ counters: signal, counter: 0, port }, 1, readMsMax))
      return receiveMessageOnPort(port)?.message as ReadReply;
    this.close();
    const reason = `its thread has ended, or needed more than ${readMsMax} ms`;
    return { fault: { kind: 'MISSING', message: `could not be read: ${reason}` } };
  }

  close(): void {
    this.#thread?.port.close();
    void this.#thread?.worker.terminate();
    this.#thread = undefined;
  }

  #start(): Thread {
    const { port1: port, port2 } = new MessageChannel();
    const signal = new Int32Array(new SharedArrayBuffer(4));
    const workerData: ThreadData = { port: port2, signal };
    const worker = startThread(import.meta.url, 'reading-thread', { workerData, transferList: [port2] });
    // The next read starts another one. Without a listener an error, such as a full heap, would end the process.
    for (const end of ['error', 'exit'])
      worker.on(end, () => {
        if (this.#thread?.worker === worker) this.#thread = undefined;
      });
    worker.unref();
    port.unref();
    return { worker, port, signal };
  }
}
