import type { Row } from '../../../db/store.ts';
import type { userFiles } from '../../../db/tables/user-files.ts';
import type { StateColumns } from '../../indices/state-columns.ts';

/** A recorded change of a user's file that takes effect when its synchronization is published. */
export interface StagedFile {
  readonly seq: number;
  readonly user: number;
  readonly name: string;
  readonly kind: 'CSV' | 'IMAGE';
  readonly outcome: Row<typeof userFiles>['outcome'];
  /** Of the details or the image; 0 for a removed object. */
  readonly code: number;
}

/** Staged files by their import, and which imports are published. */
export const createStagedFiles = () => {
  const staged = new Map<number, StagedFile[]>();
  const published = new Set<number>();

  /** Removes and returns the files of an import that were recorded before a sequence number. */
  const drain = (importId: number, beforeSeq: number): StagedFile[] => {
    const files = staged.get(importId) ?? [];
    const later = files.filter(({ seq }) => seq >= beforeSeq);
    if (later.length > 0) staged.set(importId, later);
    else staged.delete(importId);
    return later.length === 0 ? files : files.filter(({ seq }) => seq < beforeSeq);
  };

  return {
    isPublished: (importId: number): boolean => published.has(importId),
    add(importId: number, file: StagedFile): void {
      const files = staged.get(importId) ?? [];
      files.push(file);
      staged.set(importId, files);
    },
    /** Publishes an import as of a sequence number and returns its files. */
    publish(importId: number, seq: number): StagedFile[] {
      const files = drain(importId, seq);
      published.add(importId);
      // Two synchronizations never run at once: what else was staged before belongs to failed ones and never takes effect.
      for (const other of staged.keys()) if (!published.has(other)) drain(other, seq);
      return files;
    },
    exchange(columns: StateColumns): void {
      for (const importId of columns.value('published', [...published]) ?? []) published.add(importId);
      for (const [importId, files] of columns.value('staged', [...staged]) ?? []) staged.set(importId, files);
    },
    /** Corrected rejects of published imports, recorded before a sequence number, in the order of `seq`. */
    drainCorrections(beforeSeq: number): StagedFile[] {
      const files = [...staged.keys()].filter((id) => published.has(id)).flatMap((id) => drain(id, beforeSeq));
      return files.sort((a, b) => a.seq - b.seq);
    },
  };
};
