import { Page } from '../../components/page.tsx';

export function ExperimentPage() {
  return <Page title="Experiment">{null}</Page>;
}
