// What there is to explain: an access that a cell was denied, as the hypervisor has recorded it.

/** An access that a cell was denied; or, while the hypervisor learns, that the root cell was allowed. */
export interface Denial {
  /** Counts up from 0; what is missing was overwritten. */
  readonly sequence: number;
  readonly kind: "memory" | "port" | "msr" | "pci" | "control" | "exit";
  /** The cell's id; 0 is the root cell. */
  readonly cell: number;
  /** Negative if not known. */
  readonly cpu: number;
  /** Guest-physical address, port, MSR, `bdf << 16 | register`, control register, or the processor's number of an exit. */
  readonly address: bigint;
  /** Bytes; 0 if not known. */
  readonly size: number;
  readonly write: boolean;
  readonly fetch: boolean;
  /** INS, OUTS, or repeated. */
  readonly string: boolean;
  /** Whether learning allowed it, and then how many bytes or ports from the address on; 0 otherwise. */
  readonly allowed: number;
  /** What was written, as far as the hypervisor knows it. */
  readonly value: bigint;
  readonly rip: bigint;
  /** Size of the code. */
  readonly bits: 16 | 32 | 64;
  /** The first bytes at RIP. */
  readonly instruction: Uint8Array;
  readonly times: number;
}
