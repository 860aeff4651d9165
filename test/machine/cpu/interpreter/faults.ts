// Catches the faults of a snippet on the real processor: a signal handler in machine code notes what happened and makes the
// snippet end at the epilogue. Signals that come from elsewhere go to whom they went before.
import koffi from "koffi";

/** SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV. */
const SIGNALS = [4, 5, 7, 8, 11];
/** SA_SIGINFO | SA_ONSTACK | SA_NODEFER. */
const FLAGS = 0x4 | 0x08000000 | 0x40000000;
/** glibc's struct sigaction: handler, mask, flags. */
const ACTION_SIZE = 152;
const ACTION_FLAGS = 136;
/** stack_t: address, flags, size. */
const STACK_SIZE_AT = 16;
/** ucontext_t on x86-64: registers of mcontext (REG_RIP 16, REG_ERR 19, REG_TRAPNO 20, REG_CR2 22), from offset 40. */
const UC_RIP = 40 + 16 * 8;
const UC_ERROR = 40 + 19 * 8;
const UC_VECTOR = 40 + 20 * 8;
const UC_CR2 = 40 + 22 * 8;
const COPIED = [UC_VECTOR, UC_ERROR, UC_CR2, UC_RIP];

/** A fault of a snippet. */
export interface Fault {
  vector: number;
  error: bigint;
  /** The address of a page fault, as Linux gives it. */
  cr2: bigint;
  rip: bigint;
}

function word(value: number): number[] {
  return [0, 8, 16, 24].map((shift) => (value >>> shift) & 255);
}

/** The handler (RDX is the ucontext): copies four words to `notes`, sets RIP to `resume`, returns. */
export function handlerCode(notes: number, resume: number): number[] {
  const copies = COPIED.flatMap((offset, i) => [
    ...[0x48, 0x8b, 0x82, ...word(offset)],
    ...[0x48, 0x89, 0x04, 0x25, ...word(notes + i * 8)],
  ]);
  return [...copies, 0x48, 0xc7, 0x82, ...word(UC_RIP), ...word(resume), 0xc3];
}

/**
 * Sends faults to the handler at `handler`, on a stack of `stackSize` bytes at `stack`, for as long as `use` takes; what was
 * there before is put back. Addresses are below 2 GiB.
 */
export function withFaults(
  handler: number,
  stack: number,
  stackSize: number,
  use: () => void,
): void {
  const libc = koffi.load("libc.so.6");
  const sigaction = libc.func("int sigaction(int, const void *, void *)");
  const sigaltstack = libc.func("int sigaltstack(const void *, void *)");
  const ours = new DataView(new ArrayBuffer(ACTION_SIZE));
  ours.setUint32(0, handler, true);
  ours.setUint32(ACTION_FLAGS, FLAGS, true);
  const place = new DataView(new ArrayBuffer(24));
  place.setUint32(0, stack, true);
  place.setUint32(STACK_SIZE_AT, stackSize, true);
  const oldPlace = new Uint8Array(24);
  const old = SIGNALS.map(() => new Uint8Array(ACTION_SIZE));
  if (sigaltstack(new Uint8Array(place.buffer), oldPlace) !== 0) throw new Error("no signal stack");
  for (const [i, signal] of SIGNALS.entries())
    sigaction(signal, new Uint8Array(ours.buffer), old[i]);
  try {
    use();
  } finally {
    for (const [i, signal] of SIGNALS.entries()) sigaction(signal, old[i], null);
    sigaltstack(oldPlace, null);
  }
}
