import {
  BeakerIcon,
  CodeIcon,
  CommentDiscussionIcon,
  DatabaseIcon,
  InboxIcon,
  MeterIcon,
  PeopleIcon,
  SearchIcon,
  TableIcon,
} from '@primer/octicons-react';

/** The pages in the order of the navigation. The first four stand in the bar of a narrow screen, the rest behind "more". */
export const navigation = [
  { to: '/', label: 'Overview', icon: MeterIcon },
  { to: '/revenue', label: 'Revenue', icon: TableIcon },
  { to: '/experiments', label: 'Experiments', icon: BeakerIcon },
  { to: '/datasets', label: 'Datasets', icon: DatabaseIcon },
  { to: '/users', label: 'Users', icon: PeopleIcon },
  { to: '/conversations', label: 'Conversations', icon: CommentDiscussionIcon },
  { to: '/lookup', label: 'Lookup', icon: SearchIcon },
  { to: '/intake', label: 'Intake', icon: InboxIcon },
  { to: '/api', label: 'API', icon: CodeIcon },
] as const;

export const barLength = 4;
