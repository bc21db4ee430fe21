import { once } from 'node:events';
import { Agent, request } from 'node:http';

/**
 * Sends a simple query every ten milliseconds until its input ends, and prints how long the answers took:
 * `node limits-prober.js <port> <key>`.
 */
const [port = '', key = ''] = process.argv.slice(2);

const everyMs = 10;
const agent = new Agent({ keepAlive: true });
const body = JSON.stringify({ query: '{ userStatus(userId: "u1", date: "2025-01-01") { status } }' });
const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), 'x-api-key': key };

const tookMs: number[] = [];
let failed = 0;

const probe = (): void => {
  const startMs = performance.now();
  const sent = request({ port, host: '127.0.0.1', path: '/graphql', method: 'POST', headers, agent }, (answer) => {
    if (answer.statusCode !== 200) failed++;
    answer.resume().on('end', () => tookMs.push(performance.now() - startMs));
  });
  sent.on('error', () => failed++);
  sent.end(body);
};

const timer = setInterval(probe, everyMs);
process.stdin.resume();
await once(process.stdin, 'end');
clearInterval(timer);
agent.destroy();
tookMs.sort((a, b) => a - b);
const at = (part: number): number => tookMs[Math.min(tookMs.length - 1, Math.floor(part * tookMs.length))] ?? 0;
process.stdout.write(JSON.stringify({ count: tookMs.length, failed, p50: at(0.5), p99: at(0.99), max: at(1) }));
process.exit(0);
