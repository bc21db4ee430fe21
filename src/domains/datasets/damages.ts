import type { Damage, Row } from '../../../db/store.ts';
import type { datasets } from '../../../db/tables/datasets.ts';
import type { DomainError } from '../../errors.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { DatasetVersion } from './columns.ts';

type Dataset = Row<typeof datasets>;

/** Which datasets are damaged, in their own rows or in those of their versions. The others go on. */
export class DatasetDamages {
  readonly #ledger: Pick<Ledger, 'damages' | 'soundness'>;

  constructor(ledger: Pick<Ledger, 'damages' | 'soundness'>) {
    this.#ledger = ledger;
  }

  /** DATA_DAMAGED with what of a dataset is damaged; null for nothing. */
  of(id: number): DomainError | null {
    return this.#ledger.soundness.damageOfDataset(id);
  }

  /** Throws DATA_DAMAGED for a damaged dataset. */
  refuse(id: number): void {
    const damage = this.of(id);
    if (damage) throw damage;
  }

  /** Call it for a name that no dataset has. Throws DATA_DAMAGED when a damaged one may have had it. */
  refuseUnknownName(): void {
    for (const id of this.#ownDamages()) this.refuse(id);
  }

  /** Throws DATA_DAMAGED when a damaged dataset is missing in a list of all, which `isListed` looks up. */
  refuseHidden(isListed: (id: number) => boolean): void {
    for (const id of this.#ownDamages()) if (!isListed(id)) this.refuse(id);
  }

  /** The name of a damaged dataset; null when it may be damaged itself. */
  soundNameOf({ id, name }: Dataset): string | null {
    return this.#ownDamages().includes(id) ? null : name;
  }

  /** A version, or DATA_DAMAGED: for that of a damaged dataset, and for none while a version is damaged, which it may be. */
  unlessDamaged(version: DatasetVersion | null): DatasetVersion | DomainError | null {
    if (version) return this.of(version.datasetId) ?? version;
    const [id] = datasetsIn(this.#ledger.damages, 'dataset_versions');
    return id === undefined ? null : this.of(id);
  }

  /** Datasets whose own rows are damaged. */
  #ownDamages(): readonly number[] {
    return datasetsIn(this.#ledger.damages, 'datasets');
  }
}

const datasetsIn = (damages: readonly Damage[], name: 'datasets' | 'dataset_versions'): number[] =>
  damages.flatMap(({ table, datasetId }) => (datasetId !== undefined && table === name ? [datasetId] : []));
