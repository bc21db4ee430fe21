import { Page } from '../../components/page.tsx';

export function LookupPage() {
  return <Page title="Lookup">{null}</Page>;
}
