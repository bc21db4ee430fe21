import { Drawer } from '@mantine/core';
import type { ReactNode } from 'react';

interface DetailDrawerProps {
  readonly title: string;
  readonly isOpen: boolean;
  onClose(): void;
  readonly children: ReactNode;
}

/** Details at the right; all of a narrow screen. Esc closes it, and the focus goes back to where it was. */
export const DetailDrawer = ({ title, isOpen, onClose, children }: DetailDrawerProps) => (
  <Drawer
    opened={isOpen}
    onClose={onClose}
    position="right"
    size="min(100vw, 46rem)"
    padding="md"
    title={title}
    closeButtonProps={{ 'aria-label': 'Close' }}
    transitionProps={{ duration: 120 }}
    closeOnClickOutside={false}
    overlayProps={{
      onClick({ detail }) {
        // The second click of a double click on a row, which has opened it, does not close it.
        if (detail < 2) onClose();
      },
    }}
  >
    {children}
  </Drawer>
);
