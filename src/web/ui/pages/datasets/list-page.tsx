import { Page } from '../../components/page.tsx';

export function DatasetsPage() {
  return <Page title="Datasets">{null}</Page>;
}
