// The system calls that Node has no function for, through koffi, which is loaded only when they are needed.

import { ENOSYS } from "../../abi/errno.ts";
import { SystemError } from "../errors.ts";

/** What the session needs of the operating system; tests put their own in place. */
export interface LinuxCalls {
  /** Address of the first byte, to be written into structures. It holds while the caller keeps the array. */
  addressOf(bytes: Uint8Array): bigint;
  /** ioctl(2) with a pointer to `argument`; 0 or more, or a negative error number. */
  ioctl(fd: number, request: number, argument: Uint8Array | null): number;
  /** lseek(2) to the end; 0 or more, or a negative error number. */
  seekToEnd(fd: number): number;
}

const SEEK_END = 2;

/** The process's own. Throws ENOSYS, with what to do, where koffi cannot be loaded. */
export async function loadCalls(): Promise<LinuxCalls> {
  try {
    const { default: koffi } = await import("koffi");
    const libc = koffi.load(null);
    const ioctl = libc.func("int ioctl(int fd, unsigned long request, void *argument)");
    const lseek = libc.func("int64_t lseek(int fd, int64_t offset, int whence)");
    const checked = (result: number) => (result < 0 ? -koffi.errno() : result);
    return {
      addressOf: (bytes) => koffi.address(bytes),
      ioctl: (fd, request, argument) => checked(ioctl(fd, request, argument)),
      seekToEnd: (fd) => checked(Number(lseek(fd, 0, SEEK_END))),
    };
  } catch (cause) {
    const reason = (cause as Error).message.split("\n")[0];
    const hint = `The package koffi makes ioctl for Node; it cannot be loaded on ${process.platform}/${process.arch}: ${reason}. "npm install koffi" gets it, for glibc and musl.`;
    throw new SystemError(ENOSYS, { subject: "loading koffi", hint, cause });
  }
}
