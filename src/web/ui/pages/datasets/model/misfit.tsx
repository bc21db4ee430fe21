import { Text } from '@mantine/core';
import { AlertIcon } from '@primer/octicons-react';
import type { ReactNode } from 'react';

interface MisfitTextProps {
  readonly title?: string;
  readonly children: ReactNode;
}

/** What does not fit its type: by an icon and by colour, and in words as title. */
export const MisfitText = ({ title, children }: MisfitTextProps) => (
  <Text
    span
    size="xs"
    fw={500}
    px={4}
    bg="light-dark(#fff3bf, #4a3800)"
    c="light-dark(#5c3c00, #ffe8a1)"
    title={title}
    style={{ borderRadius: 3 }}
  >
    <AlertIcon size={12} aria-hidden /> {children}
  </Text>
);
