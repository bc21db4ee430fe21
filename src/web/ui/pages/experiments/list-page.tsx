import { Page } from '../../components/page.tsx';

export function ExperimentsPage() {
  return <Page title="Experiments">{null}</Page>;
}
