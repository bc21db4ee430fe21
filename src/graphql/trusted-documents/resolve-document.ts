import { LRUCache } from 'lru-cache';
import type { Principal } from '../../domains/api-keys.ts';
import { DomainError } from '../../errors.ts';
import { preview } from '../../lib/problems.ts';
import { type StoredDocument, sha256 } from './stored-document.ts';
import type { TrustedDocuments } from './trusted-documents.ts';

/** The parameters of a request that say which document it runs. */
interface DocumentParameters {
  readonly query: string | null;
  readonly documentId: string | null;
  readonly extensions: Readonly<Record<string, unknown>> | null;
}

/** The document that a request runs. */
export interface ResolvedDocument {
  readonly text: string;
  /** Null for text that the client sent or registered. */
  readonly trusted: StoredDocument | null;
  /** Registers a text that the client sent with its hash: call it once the text is known to be valid, and the caller to have access. */
  readonly register?: () => void;
}

interface Settings {
  readonly trustedOnly: boolean;
  readonly registeredDocumentsBytesMax: number;
}

/**
 * Decides which text a request runs: the one place for POST, GET, uploads and subscriptions. Text comes as `query`, by the
 * id of a trusted document (`documentId`, or Apollo's `extensions.persistedQuery`), or by the hash of a text that somebody
 * has registered by sending both. Throws BAD_REQUEST, NOT_FOUND for an unknown `documentId`, PERSISTED_QUERY_NOT_FOUND for
 * an unknown hash, NOT_ALLOWED for text when only trusted documents may run, whatever the text is.
 */
export class DocumentResolver {
  readonly #trusted: TrustedDocuments;
  readonly #trustedOnly: boolean;
  readonly #registered: LRUCache<string, string>;

  constructor(trusted: TrustedDocuments, settings: Settings) {
    this.#trusted = trusted;
    this.#trustedOnly = settings.trustedOnly;
    this.#registered = new LRUCache({
      maxSize: settings.registeredDocumentsBytesMax,
      // Two bytes a character, and what an entry costs beside its text.
      sizeCalculation: (text) => 2 * text.length + 200,
    });
  }

  resolve(parameters: DocumentParameters, caller: Principal | null): ResolvedDocument {
    const text = parameters.query || null;
    const id = parameters.documentId || null;
    const hash = hashOf(parameters.extensions);
    if (id !== null) {
      if (text !== null || hash !== null)
        throw new DomainError('BAD_REQUEST', 'documentId names the document: send neither query nor persistedQuery');
      const trusted = this.#trusted.find(id);
      if (!trusted) throw new DomainError('NOT_FOUND', `there is no trusted document with the id ${preview(id)}`);
      return { text: trusted.text, trusted };
    }
    if (hash !== null) return text === null ? this.#byHash(hash, caller) : this.#byBoth(hash, text, caller);
    if (text === null)
      throw new DomainError('BAD_REQUEST', 'the request names no document: query or documentId is missing');
    return this.#byText(text, caller);
  }

  #byHash(hash: string, caller: Principal | null): ResolvedDocument {
    const trusted = this.#trusted.find(hash);
    if (trusted) return { text: trusted.text, trusted };
    const text = this.#registered.get(hash);
    // Clients of Apollo and urql recognize this message, and send the text as well.
    if (text === undefined) throw new DomainError('PERSISTED_QUERY_NOT_FOUND', 'PersistedQueryNotFound');
    return this.#byText(text, caller);
  }

  #byBoth(hash: string, text: string, caller: Principal | null): ResolvedDocument {
    const trusted = this.#trusted.find(hash);
    if (trusted?.text === text) return { text, trusted };
    if (!text.isWellFormed() || sha256(text) !== hash)
      throw new DomainError('BAD_REQUEST', 'extensions.persistedQuery.sha256Hash is not the SHA-256 of query');
    const resolved = this.#byText(text, caller);
    if (resolved.trusted !== null || caller === null || this.#registered.has(hash)) return resolved;
    return { ...resolved, register: () => void this.#registered.set(hash, text) };
  }

  #byText(text: string, caller: Principal | null): ResolvedDocument {
    if (!this.#trustedOnly) return { text, trusted: null };
    const trusted = this.#trusted.find(sha256(text));
    if (trusted) return { text: trusted.text, trusted };
    // The caller of a server without keys has every scope, but no key.
    if (caller !== null && caller.name !== null && caller.scopes.includes('admin')) return { text, trusted: null };
    throw new DomainError(
      'NOT_ALLOWED',
      'this server runs trusted documents only (setting trustedOnly): send the documentId of one, or an admin key',
    );
  }
}

/** The hash of Apollo's `extensions.persistedQuery`; null without one. */
const hashOf = (extensions: DocumentParameters['extensions']): string | null => {
  const persisted = extensions?.persistedQuery;
  if (persisted === undefined || persisted === null) return null;
  if (!isRecord(persisted) || persisted.version !== 1 || typeof persisted.sha256Hash !== 'string')
    throw new DomainError(
      'BAD_REQUEST',
      'extensions.persistedQuery must be an object with the version 1 and sha256Hash, the id of the document',
    );
  return persisted.sha256Hash;
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
