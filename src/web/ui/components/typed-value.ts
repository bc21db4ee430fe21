import { useDebouncedCallback } from '@mantine/hooks';
import { useEffect, useRef, useState } from 'react';

const typingMs = 300;

/**
 * The text of an input whose value is in the address: it follows the address, but what a person is typing stays while the
 * address comes after.
 */
export const useTypedValue = <Value>(value: Value, commit: (value: Value) => void) => {
  const [draft, setDraft] = useState(value);
  const committed = useRef(value);
  useEffect(() => {
    if (value === committed.current) return;
    committed.current = value;
    setDraft(value);
  }, [value]);
  const commitLater = useDebouncedCallback((typed: Value) => {
    committed.current = typed;
    commit(typed);
  }, typingMs);
  const type = (typed: Value) => {
    setDraft(typed);
    commitLater(typed);
  };
  return [draft, type] as const;
};
