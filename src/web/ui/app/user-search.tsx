import { TextInput } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { useNavigate } from '@tanstack/react-router';
import { useRef, useState } from 'react';

/** Finds users by id or name from every page. The key `/` moves here. */
export function UserSearch() {
  const navigate = useNavigate();
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState('');
  useHotkeys([['/', () => input.current?.focus()]]);
  return (
    <search>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (text.trim() !== '') void navigate({ to: '/users', search: { search: text.trim() } });
        }}
      >
        <TextInput
          ref={input}
          size="xs"
          w={{ base: 84, sm: 180 }}
          aria-label="Search users"
          placeholder="Search users"
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
      </form>
    </search>
  );
}
