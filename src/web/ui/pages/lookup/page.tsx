import { AsOfControl } from '../../components/as-of-control.tsx';
import { Page } from '../../components/page.tsx';
import { CityCard } from './city-card.tsx';
import { StatusCard } from './status-card.tsx';

export function LookupPage() {
  return (
    <Page title="Lookup" actions={<AsOfControl hasFacts={false} />}>
      <StatusCard />
      <CityCard />
    </Page>
  );
}
