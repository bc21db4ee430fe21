import * as z from 'zod/mini';

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

const text = () => z.catch(z.optional(z.string()), undefined);

export const delimiters = ['COMMA', 'SEMICOLON', 'TAB', 'PIPE', 'COLON', 'SPACE'] as const;

export const encodings = ['UTF_8', 'WINDOWS_1252', 'UTF_16LE', 'UTF_16BE'] as const;

export const dateOrders = ['YMD', 'DMY', 'MDY'] as const;

export const decimalSigns = ['POINT', 'COMMA'] as const;

/** How to read a file, where the server should not find it out. */
const readOptions = z.object({
  delimiter: z.catch(z.optional(z.enum(delimiters)), undefined),
  encoding: z.catch(z.optional(z.enum(encodings)), undefined),
  dateOrder: z.catch(z.optional(z.enum(dateOrders)), undefined),
  decimal: z.catch(z.optional(z.enum(decimalSigns)), undefined),
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
  tab: z.catch(z.optional(z.enum(tabs)), undefined),
  /** Only imports in this state. */
  state: z.catch(z.optional(z.enum(importStates)), undefined),
  /** The import that is open, by its id. */
  open: text(),
  /** What the file to upload contains. */
  target: z.catch(z.optional(z.enum(recordTargets)), undefined),
  /** The link to import from; absent: a file. */
  link: text(),
  read: z.catch(z.optional(readOptions), undefined),
  /** Rejects in this state; absent: those that wait. */
  rejects: z.catch(z.optional(z.enum(rejectStates)), undefined),
  /** Whether rejects are listed one by one, not by problem. */
  records: z.catch(z.optional(z.boolean()), undefined),
  /** Whether problems without waiting records are listed, too. */
  settled: z.catch(z.optional(z.boolean()), undefined),
  /** The problem whose rejects are open, by the id of the group. */
  group: text(),
  /** Only rejects of this import, or source. */
  ofImport: text(),
  source: text(),
  /** The reject that is open, by its id. */
  reject: text(),
  /** Whether alerts that were removed are listed, too. */
  removed: z.catch(z.optional(z.boolean()), undefined),
  /** The alert that is open, by its number. */
  alert: z.catch(z.optional(z.number()), undefined),
  /** Only deliveries in this state. */
  deliveries: z.catch(z.optional(z.enum(deliveryStates)), undefined),
});

export type ImportsSearch = z.infer<typeof importsSearch>;
