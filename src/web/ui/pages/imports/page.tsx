import { Page } from '../../components/page.tsx';

export function ImportsPage() {
  return <Page title="Intake">{null}</Page>;
}
