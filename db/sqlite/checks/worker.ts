import { parentPort, workerData } from 'node:worker_threads';
import type { Damage } from '../../store.ts';
import { openForReading } from '../file/preflight.ts';
import { damagesOfStore } from './start-check.ts';

/** More would only repeat that the store is damaged. */
const damagesMax = 1000;

const { path, after } = workerData as { readonly path: string; readonly after: number };
const client = openForReading(path);
const damages: Damage[] = [];
for (const damage of damagesOfStore(client, after)) {
  damages.push(damage);
  if (damages.length === damagesMax) break;
}
client.close();
parentPort?.postMessage(damages);
