import {
  IconApi,
  IconDatabase,
  IconFileImport,
  IconLayoutDashboard,
  IconMessages,
  IconScale,
  IconTable,
  IconUsers,
  IconZoomQuestion,
} from '@tabler/icons-react';

/** The pages in the order of the navigation. The first four stand in the bar of a narrow screen, the rest behind "more". */
export const navigation = [
  { to: '/', label: 'Overview', icon: IconLayoutDashboard },
  { to: '/revenue', label: 'Revenue', icon: IconTable },
  { to: '/experiments', label: 'Experiments', icon: IconScale },
  { to: '/datasets', label: 'Datasets', icon: IconDatabase },
  { to: '/users', label: 'Users', icon: IconUsers },
  { to: '/conversations', label: 'Conversations', icon: IconMessages },
  { to: '/lookup', label: 'Lookup', icon: IconZoomQuestion },
  { to: '/intake', label: 'Intake', icon: IconFileImport },
  { to: '/api', label: 'API', icon: IconApi },
] as const;

export const barLength = 4;
