/** What went wrong, for programs. */
export type MachineErrorCode =
  | "bad-option"
  | "bad-address"
  | "bad-snapshot"
  | "bad-kernel"
  | "no-memory"
  | "unhandled-exit";

/** The one error class of this room. `hint` says what to do about it. */
export class MachineError extends Error {
  override readonly name = "MachineError";
  readonly code: MachineErrorCode;
  readonly hint: string;

  constructor(code: MachineErrorCode, message: string, hint = "", cause?: unknown) {
    super(message, { cause });
    this.code = code;
    this.hint = hint;
  }
}
