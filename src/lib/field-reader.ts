import type { ProblemCode } from '../errors.ts';
import type { Decimal } from './decimal.ts';
import type { IpAddress } from './ip.ts';

/** An instant in microseconds since 1970 UTC, or what its text must be. */
export type WrittenInstant =
  | { readonly atUs: number; readonly problem?: never }
  | { readonly atUs?: never; readonly problem: string };

export type InstantReader = (text: string) => WrittenInstant;

/** Reads the named fields of one record. For an invalid field it records a problem and returns a placeholder that is never used. */
export interface FieldReader {
  /** Opaque text id; JSON numbers become their decimal text. */
  id(name: string): string;
  text(name: string): string;
  /** Microseconds since 1970 UTC. With `readOther` numbers are read, too, and texts that are not in the usual form. */
  instant(name: string, readOther?: InstantReader): number;
  decimal(name: string): Decimal;
  /**
   * The text of a field where it is what `isCanonical` accepts, so that it need not be read and written anew; a number as its
   * text. Null otherwise, which says nothing of the field.
   */
  asWritten(name: string, isCanonical: (text: string) => boolean): string | null;
  /** A whole number, both bounds inside; by default every safe integer. */
  integer(name: string, min?: number, max?: number): number;
  ip(name: string): IpAddress;
  /** The value that `choices` has for the field's text. */
  oneOf<T>(name: string, choices: Readonly<Record<string, T>>): T;
  /** Null when the field is absent, null, empty or, in a file, a marker of a missing value, else what `read` makes of it: `optional('ip', fields.ip)`. */
  optional<T>(name: string, read: (name: string) => T): T | null;
  /** Records a problem that only shows in several fields together. */
  refuse(path: string, code: ProblemCode, message: string): void;
}
