import * as z from 'zod/mini';
import { choice, flag, json, number, text } from '../../data/search.ts';

export const tabs = ['imports', 'upload', 'rejects', 'sync', 'alerts'] as const;

export type Tab = (typeof tabs)[number];

export const importStates = ['RUNNING', 'SUCCEEDED', 'SUCCEEDED_WITH_REJECTS', 'FAILED', 'CANCELLED'] as const;

/** What an uploaded file may contain; datasets have a page of their own. */
export const recordTargets = [
  'USERS',
  'EXPERIMENT_EVENTS',
  'TRANSACTIONS',
  'STATUS_CHANGES',
  'IP_RANGES',
  'EXCLUDED_USERS',
] as const;

export type RecordTarget = (typeof recordTargets)[number];

export const rejectStates = ['OPEN', 'RESOLVED', 'DISCARDED'] as const;

export const deliveryStates = ['PENDING', 'DELIVERED', 'FAILED'] as const;

export const delimiters = ['COMMA', 'SEMICOLON', 'TAB', 'PIPE', 'COLON', 'SPACE'] as const;

export const encodings = ['UTF_8', 'WINDOWS_1252', 'UTF_16LE', 'UTF_16BE'] as const;

export const dateOrders = ['YMD', 'DMY', 'MDY'] as const;

export const decimalSigns = ['POINT', 'COMMA'] as const;

/** How to read a file, where the server should not find it out. */
const readOptions = z.object({
  delimiter: choice(delimiters),
  encoding: choice(encodings),
  dateOrder: choice(dateOrders),
  decimal: choice(decimalSigns),
  /** A line number from 1, or `none`. */
  headerLine: text(),
  /** Separated by commas. */
  nullMarkers: text(),
  /** `word = STATUS`, separated by commas; for status changes. */
  statusWords: text(),
});

export type ReadOptions = z.infer<typeof readOptions>;

/** What the address holds. */
export const importsSearch = z.object({
  tab: choice(tabs),
  /** Only imports in this state. */
  state: choice(importStates),
  /** The import that is open, by its id. */
  open: text(),
  /** What the file to upload contains. */
  target: choice(recordTargets),
  /** The link to import from; absent: a file. */
  link: text(),
  read: json(readOptions),
  /** Rejects in this state; absent: those that wait. */
  rejects: choice(rejectStates),
  /** Whether rejects are listed one by one, not by problem. */
  records: flag(),
  /** Whether problems without waiting records are listed, too. */
  settled: flag(),
  /** The problem whose rejects are open, by the id of the group. */
  group: text(),
  /** Only rejects of this import, or source. */
  ofImport: text(),
  source: text(),
  /** The reject that is open, by its id. */
  reject: text(),
  /** Whether alerts that were removed are listed, too. */
  removed: flag(),
  /** The alert that is open, by its number. */
  alert: number(),
  /** Only deliveries in this state. */
  deliveries: choice(deliveryStates),
});

export type ImportsSearch = z.infer<typeof importsSearch>;
