import type { z } from 'zod';

/** What a group file says of one setting; its name is the key it stands under. */
export interface SettingDefinition {
  /** Parses the text of an option or a variable. */
  readonly type: z.ZodType<unknown, string>;
  /** The value as text, parsed like every other; empty where the description says what that means. */
  readonly default: string;
  readonly description: string;
  /** Most installations set some of these; the documentation lists them first. */
  readonly isCommon?: boolean;
  /** The value is never printed, not even when it is malformed. */
  readonly isSecret?: boolean;
}

export type SettingDefinitions = Readonly<Record<string, SettingDefinition>>;
