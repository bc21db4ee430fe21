import type { Logger } from 'pino';
import { schema } from '../../../schema/schema.ts';
import { DomainError } from '../../errors.ts';
import type { DocumentDescription } from '../../lib/trusted-document.ts';
import { describeDocument } from './describe.ts';
import { type DocumentFiles, readDocuments, versionOfFiles } from './read-documents.ts';
import { nameOf, plainId, type StoredDocument } from './stored-document.ts';
import { validateDocument } from './validate-document.ts';

interface Settings {
  /** A file or folder; empty for none. */
  readonly documents: string;
  /** Milliseconds between polls of the files. */
  readonly documentsWatchMs: number;
  readonly trustedOnly: boolean;
}

/** A document that the schema does not accept. */
interface RefusedDocument {
  readonly document: StoredDocument;
  readonly messages: readonly string[];
}

/** What the schema says about each document that it does not accept. */
const refusedDocuments = (documents: readonly StoredDocument[]): readonly RefusedDocument[] =>
  documents
    .map((document) => ({
      document,
      messages: validateDocument(schema, document.document).map(({ message }) => message),
    }))
    .filter(({ messages }) => messages.length > 0);

/** Documents by each of their ids. */
type ById = ReadonlyMap<string, StoredDocument>;

const byId = (documents: readonly StoredDocument[]): ById =>
  new Map(documents.flatMap((document) => document.ids.map((id) => [id, document])));

/**
 * The documents that clients may run by their ids: those of the operator, and those of the program's own web UI, which
 * are found by their ids only and change with the program. The operator's files are read again when they change; while the new ones have a
 * fault the old documents stay in use, and the log says why. The constructor throws BAD_REQUEST when the first ones have,
 * and when `trustedOnly` would leave nothing to run.
 */
export class TrustedDocuments {
  readonly #settings: Settings;
  readonly #log: Logger;
  readonly #listeners = new Set<() => void>();
  #files: DocumentFiles = { documents: [], version: '' };
  #accepted: readonly StoredDocument[] = [];
  #refused: readonly RefusedDocument[] = [];
  #byId: ById = new Map();
  readonly #builtIn: ById;
  /** What the log has last said is wrong with the files. */
  #fault: string | null = null;
  #timer: NodeJS.Timeout | undefined;

  /** `builtIn` is the manifest of the web UI; null without one. */
  constructor(settings: Settings, log: Logger, builtIn: string | null) {
    this.#settings = settings;
    this.#log = log;
    this.#builtIn = byId(builtIn === null ? [] : readDocuments(builtIn).documents);
    if (settings.trustedOnly && settings.documents === '' && this.#builtIn.size === 0)
      throw new DomainError(
        'BAD_REQUEST',
        'setting trustedOnly needs documents, or the web UI, which is not built: set --documents (ASOF_DOCUMENTS)',
      );
    if (settings.documents !== '') this.#use(readDocuments(settings.documents));
  }

  /** The operator's documents that the schema accepts, in the order of their files; another list after each change. */
  get accepted(): readonly StoredDocument[] {
    return this.#accepted;
  }

  /** The operations of all of the operator's documents, in the order of their files. */
  describe(): DocumentDescription[] {
    const problems = new Map(this.#refused.map(({ document, messages }) => [document, messages]));
    return this.#files.documents.flatMap((document) => describeDocument(document, problems.get(document) ?? []));
  }

  /** The document with this id, also one that the schema does not accept. */
  find(id: string): StoredDocument | undefined {
    const plain = plainId(id);
    return this.#byId.get(plain) ?? this.#builtIn.get(plain);
  }

  /** Polls the files from now on, because `fs.watch` reports nothing on network folders and mounted volumes. */
  start(): void {
    const { documents, documentsWatchMs } = this.#settings;
    if (documents === '') return;
    this.#timer = setInterval(() => this.#poll(documents), documentsWatchMs);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Calls back after each change. Returns what ends it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #poll(path: string): void {
    try {
      const isUnchanged = versionOfFiles(path) === this.#files.version;
      if (isUnchanged && this.#fault === null) return;
      if (!isUnchanged) this.#use(readDocuments(path));
      this.#fault = null;
      this.#listeners.forEach((listener) => void listener());
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      if (this.#fault === error.message) return;
      this.#fault = error.message;
      this.#log.error({ documents: path }, `the trusted documents stay as they were: ${error.message}`);
    }
  }

  #use(files: DocumentFiles): void {
    const refused = refusedDocuments(files.documents);
    this.#files = files;
    this.#refused = refused;
    this.#byId = byId(files.documents);
    const isRefused = new Set(refused.map(({ document }) => document));
    this.#accepted = files.documents.filter((document) => !isRefused.has(document));
    this.#log.info({ documents: files.documents.length, refused: refused.length }, 'read the trusted documents');
    for (const { document, messages } of refused) {
      const { file, line } = document.source;
      const where = `${file}:${line}`;
      this.#log.warn({ document: nameOf(document), where, messages }, 'the schema does not accept a trusted document');
    }
  }
}
