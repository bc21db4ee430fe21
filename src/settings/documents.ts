import type { SettingDefinitions } from './setting.ts';
import { bytes, flag, integer, text } from './value-types.ts';

/** The documents that clients may run by their ids. */
export const documentSettings = {
  documents: {
    type: text,
    default: '',
    description:
      'Trusted documents: `persisted-documents.json` of the client preset, a manifest of Relay or Apollo, a `.graphql` file, or a folder of `.graphql` files; empty for none.',
  },
  trustedOnly: {
    type: flag,
    default: 'false',
    description:
      'Runs trusted documents only, which are `documents` and those of the web UI: all other text, introspection included, needs a key of scope admin.',
  },
  documentsWatchMs: {
    type: integer(),
    default: '1000',
    description: 'Interval between checks for changes of the trusted documents, in milliseconds.',
  },
  registeredDocumentsBytesMax: {
    type: bytes,
    default: '10MB',
    description:
      'Maximum memory of the texts that clients register by their hash (automatic persisted queries); those that were used longest ago are dropped.',
  },
} satisfies SettingDefinitions;
