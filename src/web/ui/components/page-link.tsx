import { Anchor } from '@mantine/core';
import { createLink } from '@tanstack/react-router';

/** A link to a page, with typed path and search parameters. */
export const PageLink = createLink(Anchor<'a'>);
