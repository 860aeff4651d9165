// What can go wrong with a running system: errno values with strerror's texts, as the original's command shows them, plus
// a hint that says why where that is known.

import * as numbers from "../abi/errno.ts";

/** The numbers that the command itself fails with. */
export { E2BIG, ECONNRESET, ENOENT, EOPNOTSUPP } from "../abi/errno.ts";

/** strerror's text (glibc, C locale) for every number of abi/errno.ts. */
const TEXTS: Record<keyof typeof numbers, string> = {
  EPERM: "Operation not permitted",
  ENOENT: "No such file or directory",
  EINTR: "Interrupted system call",
  EIO: "Input/output error",
  ENXIO: "No such device or address",
  E2BIG: "Argument list too long",
  EBADF: "Bad file descriptor",
  EAGAIN: "Resource temporarily unavailable",
  ENOMEM: "Cannot allocate memory",
  EACCES: "Permission denied",
  EFAULT: "Bad address",
  EBUSY: "Device or resource busy",
  EEXIST: "File exists",
  ENODEV: "No such device",
  ENOTDIR: "Not a directory",
  EISDIR: "Is a directory",
  EINVAL: "Invalid argument",
  EMFILE: "Too many open files",
  ENOTTY: "Inappropriate ioctl for device",
  EFBIG: "File too large",
  ENOSPC: "No space left on device",
  EROFS: "Read-only file system",
  ERANGE: "Numerical result out of range",
  ENAMETOOLONG: "File name too long",
  ENOSYS: "Function not implemented",
  ELOOP: "Too many levels of symbolic links",
  EPROTO: "Protocol error",
  EOPNOTSUPP: "Operation not supported",
  ECONNRESET: "Connection reset by peer",
  ETIMEDOUT: "Connection timed out",
  ECONNREFUSED: "Connection refused",
  EHOSTUNREACH: "No route to host",
};

const NUMBERS: ReadonlyMap<string, number> = new Map(Object.entries(numbers));
const NAMES = new Map([...NUMBERS].map(([name, number]) => [number, name]));

/** Name of a (positive) error number, `E<number>` if it has none here. */
export function errnoName(errno: number): string {
  return NAMES.get(errno) ?? `E${errno}`;
}

/** Number of an error name such as "EPERM", if it is known. */
export function errnoNumber(name: string): number | undefined {
  return NUMBERS.get(name);
}

/** What strerror says about a (positive) error number. */
export function strerror(errno: number): string {
  const name = NAMES.get(errno) as keyof typeof TEXTS | undefined;
  return name ? TEXTS[name] : `Unknown error ${errno}`;
}

export interface SystemErrorOptions {
  /** One sentence for the user: why, and what to do. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
  /** What failed, such as "opening /dev/jailhouse", if that is not the request itself. */
  readonly subject?: string | undefined;
}

/** An errno with its text; the one error class of this room. */
export class SystemError extends Error {
  override readonly name = "SystemError";
  /** The positive error number (abi/errno.ts). */
  readonly errno: number;
  /** Its name, such as "EPERM". */
  readonly code: string;
  readonly hint: string | undefined;
  readonly subject: string | undefined;

  /** `errno` is positive; the message is strerror's text. */
  constructor(errno: number, { hint, cause, subject }: SystemErrorOptions = {}) {
    super(strerror(errno), cause === undefined ? undefined : { cause });
    this.errno = errno;
    this.code = errnoName(errno);
    this.hint = hint;
    this.subject = subject;
  }
}

/** Any error as a SystemError: Node's own keep their code, others become EIO with their message as the hint. */
export function toSystemError(error: unknown): SystemError {
  if (error instanceof SystemError) return error;
  const { code, message } = error as { code?: unknown; message?: unknown };
  const known = typeof code === "string" ? errnoNumber(code) : undefined;
  const hint = typeof message === "string" ? message : String(error);
  return known === undefined
    ? new SystemError(numbers.EIO, { hint, cause: error })
    : new SystemError(known, { cause: error });
}
