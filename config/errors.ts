// The one error class of this room.
import type { Origin } from "./origin.ts";

/** What is wrong with a configuration. Stable, for programs; the message is for people. */
export type ConfigErrorCode =
  /** The file does not start with `JHCLL` or `JHSYS`. */
  | "signature"
  /** Another revision of the format than 14. */
  | "revision"
  /** Not one of x86, arm, arm64; or a part that belongs to another architecture. */
  | "architecture"
  /** The file ends inside the structure at `offset`. */
  | "truncated"
  /** A count that no real configuration has. */
  | "count"
  /** A name that is empty, too long, or not terminated. */
  | "name"
  /** A value of the wrong type, or that does not fit its field. */
  | "value"
  /** A key that the definition must have, or must not have. */
  | "key"
  /** The file cannot be read. */
  | "file"
  /** The module or JSON text in the file cannot be evaluated. */
  | "source";

/** Further facts about a ConfigError. */
export interface ConfigErrorDetails {
  /** What to do about it. */
  readonly hint?: string;
  /** Offset of the fault from the start of the file, in bytes. */
  readonly offset?: number;
  readonly cause?: unknown;
}

/** A configuration that cannot be read, evaluated, encoded or decoded. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly code: ConfigErrorCode;
  readonly hint: string | undefined;
  readonly offset: number | undefined;
  /** Where the faulty part of a definition was written; filled in on the way out. */
  origin: Origin | undefined;

  constructor(code: ConfigErrorCode, message: string, details: ConfigErrorDetails = {}) {
    super(message, details.cause === undefined ? {} : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
    this.offset = details.offset;
  }
}

/** Whether `error` is a ConfigError, of this copy of the class or of one that a configuration has loaded. */
export function isConfigError(error: unknown): error is ConfigError {
  return error instanceof Error && error.name === "ConfigError" && "code" in error;
}
