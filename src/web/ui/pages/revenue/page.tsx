import { Page } from '../../components/page.tsx';

export function RevenuePage() {
  return <Page title="Revenue">{null}</Page>;
}
