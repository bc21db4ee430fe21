import type { z } from 'zod';

/** The definition of a setting in its topic; its key is the name of the setting. */
export interface SettingDefinition {
  /** Parses the text of an option or a variable. */
  readonly type: z.ZodType<unknown, string>;
  /** The default as text, parsed like any other value; where it is empty, the description states the meaning. */
  readonly default: string;
  readonly description: string;
  /** Its environment variable, where other programs have a name for it; default: `ASOF_` and its name. */
  readonly variable?: string;
  /** Most installations set some of these; the documentation lists them first. */
  readonly isCommon?: boolean;
  /** The value is never printed, not even when it is malformed. */
  readonly isSecret?: boolean;
}

export type SettingDefinitions = Readonly<Record<string, SettingDefinition>>;
