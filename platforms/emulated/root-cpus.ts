// The stand-in for Linux on the root cell's CPUs. It does nothing that a kernel could not: it lets a CPU execute a routine
// of the resident stub and looks at the result, so that a hypercall, a copy or a start-up IPI is mediated as anybody's.
import { REG_RAX, REG_RCX, REG_RDI, REG_RDX, REG_RIP, REG_RSI } from "../../abi/platform.ts";
import {
  APIC_ICR,
  APIC_ICR_HIGH,
  APIC_PAGE,
  ICR_ASSERT,
  ICR_MODE_INIT,
  ICR_MODE_SHIFT,
  ICR_MODE_SIPI,
} from "../../abi/x86/apic.ts";
import {
  APIC_BASE_ENABLE,
  APIC_BASE_X2APIC,
  MSR_APIC_BASE,
  MSR_X2APIC_ICR,
} from "../../abi/x86/msr.ts";
import {
  ACTIVITY_HALTED,
  ACTIVITY_RUNNING,
  ACTIVITY_SHUTDOWN,
  ACTIVITY_STOPPED,
  ACTIVITY_WAIT_FOR_SIPI,
} from "../../machine/cpu/interface.ts";
import { type Pc, SLICE } from "../../machine/pc.ts";
import { startProcessor } from "../../machine/start.ts";
import { IDLE_RIP, ROUTINE, STUB_ADDRESS, STUB_CODE, STUB_VECTOR } from "./stub.ts";

/** Where bytes wait that a routine reads: a configuration, or a piece of an image. */
const STAGING = 0x10000;
/** Size of the staging buffer in bytes; it holds the largest cell configuration. */
export const STAGING_SIZE = 0x10000;
/** Most slices that a routine may take; a slice in which the hypervisor waits for a cell's reply may be a long one. */
const PATIENCE = 20_000;
/** Offset between two xAPIC registers. */
const XAPIC_STRIDE = 16;

/** A root CPU did not come back from a routine: it was parked by the hypervisor, or hangs. */
export class RootCpuLost extends Error {
  readonly cpu: number;

  constructor(cpu: number, why: string) {
    super(`CPU ${cpu} of the root cell ${why}`);
    this.name = "RootCpuLost";
    this.cpu = cpu;
  }
}

export class RootCpus {
  readonly #pc: Pc;
  readonly #offline = new Set<number>();
  /** How many calls of `together` are in progress. */
  #together = 0;

  constructor(pc: Pc) {
    this.#pc = pc;
  }

  /** Brings every CPU of a machine that was just switched on into the stub. */
  boot(): void {
    const pc = this.#pc;
    pc.writeRam(STUB_ADDRESS, STUB_CODE);
    for (const processor of pc.processors) {
      // Only the bootstrap processor runs at power-on; it is put where a start-up IPI brings the others.
      processor.activity = ACTIVITY_WAIT_FOR_SIPI;
      startProcessor(processor, STUB_VECTOR);
    }
    for (const { index } of pc.processors) {
      this.#untilIdle(index);
      if (pc.hasFeature("x2apic")) this.#enableX2apic(index);
    }
  }

  /** CPUs that Linux would call online, ascending. */
  get online(): number[] {
    return this.#pc.processors.map(({ index }) => index).filter((cpu) => !this.#offline.has(cpu));
  }

  get offline(): readonly number[] {
    return [...this.#offline].sort((a, b) => a - b);
  }

  /** CPUs that are online and yet no use: parked by the hypervisor after a violation, or shut down. */
  get lost(): number[] {
    return this.online.filter((cpu) => this.#pc.processors[cpu]!.activity !== ACTIVITY_HALTED);
  }

  /** Goes back to a state in which exactly these CPUs were offline. */
  restore(offline: readonly number[]): void {
    this.#offline.clear();
    for (const cpu of offline) this.#offline.add(cpu);
  }

  /** Takes a CPU out of service, as CPU hotplug does: it stays in the idle loop and is not used any more. */
  takeOffline(cpu: number): void {
    this.#offline.add(cpu);
  }

  /** Starts `cpu` again with INIT and start-up IPIs from CPU `by`. Throws RootCpuLost when it does not arrive. */
  bringOnline(by: number, cpu: number): void {
    this.#sendIcr(by, cpu, ICR_ASSERT | (ICR_MODE_INIT << ICR_MODE_SHIFT));
    this.#sendIcr(by, cpu, ICR_ASSERT | (ICR_MODE_SIPI << ICR_MODE_SHIFT) | STUB_VECTOR);
    this.#untilIdle(cpu);
    this.#offline.delete(cpu);
  }

  /**
   * Carries out hypercalls that wait for nobody: they take one slice together, not one each, so that reading much does not
   * take long beside cells whose slices do.
   */
  together<T>(action: () => T): T {
    this.#together++;
    try {
      return action();
    } finally {
      if (--this.#together === 0) this.#pc.run(this.#pc.time + SLICE);
    }
  }

  /** Issues a hypercall on a root CPU; the result is a signed 32-bit number. */
  hypercall(cpu: number, code: number, argument1 = 0, argument2 = 0): number {
    this.#call(cpu, this.#pc.options.vendor === "amd" ? ROUTINE.vmmcall : ROUTINE.vmcall, [
      [REG_RAX, code],
      [REG_RDI, argument1],
      [REG_RSI, argument2],
    ]);
    return Number(BigInt.asIntN(32, this.#pc.processors[cpu]!.get(REG_RAX)));
  }

  /** Issues a hypercall whose first argument is the address of `bytes`, at most STAGING_SIZE of them. */
  hypercallWith(cpu: number, code: number, bytes: Uint8Array): number {
    this.#pc.writeRam(STAGING, bytes);
    return this.hypercall(cpu, code, STAGING);
  }

  /** Copies bytes to a guest-physical address of the root cell with instructions of its CPU `by`. */
  copy(by: number, address: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; done += STAGING_SIZE) {
      const piece = bytes.subarray(done, done + STAGING_SIZE);
      this.#pc.writeRam(STAGING, piece);
      this.#call(by, ROUTINE.copy, [
        [REG_RSI, STAGING],
        [REG_RDI, address + done],
        [REG_RCX, piece.length],
      ]);
    }
    this.#pc.writeRam(STAGING, new Uint8Array(Math.min(bytes.length, STAGING_SIZE)));
  }

  #enableX2apic(cpu: number): void {
    const base = (this.#pc.readMsr(cpu, MSR_APIC_BASE) ?? 0n) | BigInt(APIC_BASE_ENABLE);
    this.#writeMsr(cpu, MSR_APIC_BASE, base | BigInt(APIC_BASE_X2APIC));
  }

  #writeMsr(cpu: number, msr: number, value: bigint): void {
    this.#call(cpu, ROUTINE.wrmsr, [
      [REG_RCX, msr],
      [REG_RAX, Number(value & 0xffff_ffffn)],
      [REG_RDX, Number(value >> 32n)],
    ]);
  }

  #sendIcr(by: number, target: number, command: number): void {
    const id = this.#pc.lapic(target).options.id;
    if (this.#pc.hasFeature("x2apic")) {
      this.#writeMsr(by, MSR_X2APIC_ICR, (BigInt(id) << 32n) | BigInt(command));
      return;
    }
    this.#store(by, APIC_PAGE + APIC_ICR_HIGH * XAPIC_STRIDE, (id << 24) >>> 0);
    this.#store(by, APIC_PAGE + APIC_ICR * XAPIC_STRIDE, command);
  }

  #store(by: number, address: number, value: number): void {
    this.#call(by, ROUTINE.store, [
      [REG_RDI, address],
      [REG_RAX, value],
    ]);
  }

  #call(cpu: number, routine: number, registers: readonly (readonly [number, number])[]): void {
    const processor = this.#pc.processors[cpu]!;
    if (processor.activity !== ACTIVITY_HALTED) throw new RootCpuLost(cpu, "is not running");
    for (const [register, value] of registers) processor.set(register, BigInt(value));
    processor.set(REG_RIP, BigInt(STUB_ADDRESS + routine));
    processor.activity = ACTIVITY_RUNNING;
    this.#untilIdle(cpu);
  }

  /** Lets time pass, slice by slice, until a CPU is back in the idle loop. */
  #untilIdle(cpu: number): void {
    const pc = this.#pc;
    const processor = pc.processors[cpu]!;
    if (this.#together > 0) pc.runAlone(cpu);
    for (let slice = 0; slice < PATIENCE; slice++) {
      if (this.#together === 0 || slice > 0) pc.run(pc.time + SLICE);
      if (processor.activity === ACTIVITY_HALTED && processor.get(REG_RIP) === IDLE_RIP) return;
      if (processor.activity === ACTIVITY_STOPPED) {
        throw new RootCpuLost(cpu, "was parked by the hypervisor");
      }
      if (processor.activity === ACTIVITY_SHUTDOWN) throw new RootCpuLost(cpu, "shut down");
    }
    throw new RootCpuLost(cpu, "does not come back");
  }
}
