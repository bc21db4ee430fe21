import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { formatCount } from '../../format/numbers.ts';

interface DiscardDialogProps {
  /** Of the waiting records. */
  readonly count: number;
  readonly isOpen: boolean;
  onClose(): void;
  onDiscard(reason: string): void;
}

/** Confirms that all records of a group are discarded, and why. */
export function DiscardDialog({ count, isOpen, onClose, onDiscard }: DiscardDialogProps) {
  const [reason, setReason] = useState('');
  const records = formatCount(count, 'record');
  return (
    <Modal opened={isOpen} onClose={onClose} title={`Discard ${records}?`} closeButtonProps={{ 'aria-label': 'Close' }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onDiscard(reason.trim());
          setReason('');
        }}
      >
        <Stack>
          <Text size="sm">They still count as rejected, and cannot be stored any more.</Text>
          <TextInput
            data-autofocus
            label="Reason"
            description="Kept with each record."
            maxLength={1000}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Keep them
            </Button>
            <Button type="submit" color="red" disabled={reason.trim() === ''}>
              Discard {records}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
