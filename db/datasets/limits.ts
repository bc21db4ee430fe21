/** The settings that the engine uses. */
export interface DatasetLimits {
  readonly data: string;
  readonly recordBytesMax: number;
  readonly datasetCellLengthMax: number;
  readonly datasetColumnsMax: number;
  readonly datasetRejectsMax: number;
  readonly datasetPartBytesMin: number;
  readonly datasetQueryMsMax: number;
  readonly datasetExportMsMax: number;
  readonly datasetQueriesAtOnce: number;
  readonly datasetThreads: number;
  readonly datasetMemoryBytesMax: number;
  readonly datasetTempBytesMax: number;
  readonly datasetImportsAtOnce: number;
  readonly datasetCacheBytesMax: number;
  readonly datasetCopiesBytesMax: number;
  readonly datasetPageBytesMax: number;
  readonly datasetGroupsMax: number;
  readonly datasetNeedleLengthMax: number;
}
