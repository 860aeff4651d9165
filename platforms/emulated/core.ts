// What hypervisor.wasm exports, as ARCHITECTURE.md lists it. Results: 1 handled, 0 the CPU was parked, unless said.

/** The core's half of the waist. */
export interface CoreExports {
  /** First byte after the core's static data in its memory. */
  heapBase(): number;
  /** Checks the system configuration at `config` and sets up the root cell: 0 or -errno. */
  init(cpu: number, config: number, size: number): number;
  /** Takes over one CPU of the root cell: 0 or -errno. */
  initCpu(cpu: number): number;
  /** Makes it so, once all CPUs are in: 0 or -errno. */
  activate(): number;
  hypercall(cpu: number, length: number): number;
  exitMmio(cpu: number, address: bigint, flags: number, length: number): number;
  exitPio(cpu: number, port: number, size: number, flags: number, length: number): number;
  exitCpuid(cpu: number, length: number): number;
  exitMsrRead(cpu: number, length: number): number;
  exitMsrWrite(cpu: number, length: number): number;
  exitXsetbv(cpu: number, length: number): number;
  exitCr(cpu: number, register: number, value: bigint, length: number): number;
  exitException(cpu: number, vector: number, errorCode: number): number;
  exitManagement(cpu: number): number;
  exitUnhandled(cpu: number, code: bigint, info1: bigint, info2: bigint): number;
  /** Address of the console page in the core's memory. */
  consolePage(): number;
  /** Address of the table of denied accesses (abi/denials.ts) in the core's memory; 0 for none. */
  denialTable(): number;
  /** Exceptions to intercept, a bit each. */
  exceptions(): number;
}
