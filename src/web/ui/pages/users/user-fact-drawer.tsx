import { getRouteApi } from '@tanstack/react-router';
import { DetailDrawer } from '../../components/detail-drawer.tsx';
import { FactExplanation } from '../../components/fact-explanation.tsx';
import { useAsOf } from '../../data/view.ts';

const route = getRouteApi('/users/$userId');

/** The explanation of the fact that the address names. */
export function UserFactDrawer() {
  const { open } = route.useSearch();
  const navigate = route.useNavigate();
  const asOf = useAsOf();
  return (
    <DetailDrawer
      title="What was true of this fact"
      isOpen={open !== undefined}
      onClose={() => navigate({ search: (previous) => ({ ...previous, open: undefined }) })}
    >
      {open !== undefined && <FactExplanation id={open} asOf={asOf} />}
    </DetailDrawer>
  );
}
