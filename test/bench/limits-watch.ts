import { readFileSync } from 'node:fs';

/**
 * Loaded into a server with `--import`: says, for each message, how long its event loop has been held at most since the last
 * one, as processor time of its thread in milliseconds. Unlike the time that passes, it hardly depends on what else runs.
 */
const everyMs = 5;

/** Linux counts nanoseconds here, not ticks of a hundredth of a second. */
const cpuMs = (): number => {
  const [nanoseconds = '0'] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ');
  return Number(nanoseconds) / 1e6;
};

let lastMs = cpuMs();
let mostMs = 0;

// A timer runs once in an iteration of the event loop, so what lies between two runs is one iteration, or `everyMs` of short ones.
setInterval(() => {
  const nowMs = cpuMs();
  mostMs = Math.max(mostMs, nowMs - lastMs);
  lastMs = nowMs;
}, everyMs).unref();

process.on('message', () => {
  process.send?.(mostMs);
  mostMs = 0;
});
process.channel?.unref();
