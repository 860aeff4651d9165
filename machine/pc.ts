// The emulated PC: wires CPUs, local APICs, devices and time together, and is what platforms/emulated and tests use.
// Start reading here; board.ts has the addresses, executor.ts the course of time.
import { REG_RIP } from "../abi/platform.ts";
import { ICR_MODE_INIT, ICR_MODE_SIPI } from "../abi/x86/apic.ts";
import {
  busAccess,
  dmaOf,
  isRam,
  readCpuMsr,
  readLittleEndian,
  writeCpuMsr,
  writeLittleEndian,
} from "./access.ts";
import * as S from "./cpu/interface.ts";
import { Lapic } from "./devices/lapic/lapic.ts";
import type { PciBus } from "./devices/pci/pci.ts";
import type { PowerEnd } from "./devices/power/power.ts";
import type { Uart } from "./devices/uart/uart.ts";
import { createDevices, type Devices } from "./devices.ts";
import { MachineError } from "./error.ts";
import { Executor } from "./executor.ts";
import { describeExit } from "./exits.ts";
import { Interconnect } from "./interconnect.ts";
import { localApicPins } from "./local-apic.ts";
import { type PcOptions, type Settled, settle } from "./options.ts";
import type { Processor } from "./processor.ts";
import { createProcessors, type Processors } from "./processors.ts";
import { PowerOn } from "./reset.ts";
import { Schedule } from "./schedule.ts";
import { SerialLog } from "./serial-log.ts";
import {
  fingerprint,
  type Hash,
  restoreSnapshot,
  type Snapshot,
  stateDigest,
  takeSnapshot,
} from "./snapshot.ts";
import { initProcessor } from "./start.ts";
import { type BusRecord, SystemBus } from "./system-bus.ts";

/** What has ended a machine. */
export type EndReason = PowerEnd | "exit-port";

export type { Reset, ResetCause } from "./devices/power/power.ts";
export { SLICE } from "./executor.ts";
export type { PcOptions } from "./options.ts";

/** Carries out an exit (EXIT_*, other than deadline and halt) of a CPU; may change any state and call `relax`. */
export type ExitHandler = (processor: Processor, exitCode: number) => void;

/** What sends: COM1, COM2, the virtio console, COM3, COM4; the serial port of each. */
const LINE_PORTS = [0, 1, undefined, 2, 3] as const;

/** The machine. */
export class Pc {
  readonly options: Readonly<Settled>;
  readonly processors: readonly Processor[];
  readonly bus: SystemBus;
  readonly devices: Devices;
  /** Exports of cpu.wasm. */
  readonly exports: Processors["exports"];
  /** RAM; index 0 is physical address 0. For writes use `writeRam`, or call `invalidateCode` afterwards. */
  readonly ram: Uint8Array;
  readonly memory: WebAssembly.Memory;
  /** Where RAM starts in `memory`. */
  readonly ramBase: number;
  readonly schedule: Schedule = new Schedule();
  readonly interconnect: Interconnect = new Interconnect();
  readonly executor: Executor;
  readonly lapics: readonly Lapic[];
  /** What the serial ports have sent so far. */
  readonly serialLogs: readonly SerialLog[];
  #handler: ExitHandler | undefined;
  #boot: (() => void) | undefined;
  readonly #powerOn: PowerOn;

  /** Throws `bad-option` or `no-memory`. */
  constructor(options: PcOptions) {
    const settled = settle(options);
    this.options = settled;
    this.bus = new SystemBus(this.schedule, this.interconnect);
    const cpus = createProcessors({ ...settled, bus: (...args) => this.bus.call(...args) });
    this.processors = cpus.list;
    this.exports = cpus.exports;
    this.memory = cpus.memory;
    this.ram = cpus.ram;
    this.ramBase = cpus.ramBase;
    this.lapics = cpus.list.map((processor) => this.#makeLapic(processor));
    this.bus.connect(cpus.list, this.lapics);
    this.serialLogs = LINE_PORTS.map((port, index) => {
      const isSending = () => this.devices.serial[port ?? -1]?.isSendingSoon ?? false;
      return new SerialLog(options.serial?.[index], isSending);
    });
    this.devices = this.#makeDevices();
    this.#powerOn = new PowerOn(this);
    this.executor = this.#makeExecutor();
    this.bus.onAccess = (cpu) => {
      if (cpu === 0) this.#settleExternal();
    };
  }

  #makeLapic(processor: Processor): Lapic {
    const { index } = processor;
    const x2apic = this.hasFeature("x2apic");
    const tscDeadline = this.hasFeature("tsc_deadline_timer");
    const extended = this.hasFeature("extapic");
    const cmci = this.options.vendor === "intel";
    const lapic: Lapic = new Lapic(
      { id: index, bootstrap: index === 0, x2apic, tscDeadline, extended, cmci },
      localApicPins(processor, {
        send: (message, shorthand) => this.interconnect.send(index, message, shorthand),
        endOfInterrupt: (vector) => this.devices.ioapic.endOfInterrupt(vector),
        acknowledgeExternal: () => this.devices.pic.acknowledge(),
        nextEvent: () => lapic.nextEvent,
        initialize: () => lapic.initialize(),
      }),
    );
    this.interconnect.add(lapic);
    return lapic;
  }

  #makeDevices(): Devices {
    return createDevices({
      schedule: this.schedule,
      bus: this.bus,
      interconnect: this.interconnect,
      cpus: this.options.cpus,
      memory: this.options.memory,
      date: this.options.date,
      seed: this.options.seed,
      exitPort: this.options.exitPort,
      fwCfg: this.options.fwCfg,
      serialSpeed: this.options.serialSpeed,
      disks: this.options.disks,
      serialPorts: this.options.serialPorts,
      console: this.options.console,
      dma: dmaOf(this),
      ended: () => this.#endNow(),
      sinks: this.serialLogs.map((log) => (byte: number, time: number) => log.put(byte, time)),
      externalGone: () => this.lapics[0]!.setExternal(false),
    });
  }

  #makeExecutor(): Executor {
    return new Executor({
      processors: [...this.processors],
      lapics: [...this.lapics],
      exit: (processor, code) => this.#exit(processor, code),
      boundary: (time) => this.#boundary(time),
      hasEnded: () => this.#isEnding || this.devices.power.isResetting,
      isOver: () => this.endReason !== undefined,
      nextEvent: () => this.#nextEvent(),
    });
  }

  #exit(processor: Processor, code: number): void {
    if (code === S.EXIT_INIT) this.#initLate(processor);
    else if (this.#handler) this.#handler(processor, code);
    else throw describeExit(processor, code);
  }

  /** Carries out an INIT that has waited for the CPU's global interrupt flag. */
  #initLate(processor: Processor): void {
    processor.setPending(S.PENDING_INIT, false);
    initProcessor(processor);
    this.lapics[processor.index]!.initialize();
  }

  /** The CPU that has ended the machine goes no further than its instruction. */
  #endNow(): void {
    this.processors[this.executor.current]?.setPending(S.PENDING_STOP, true);
  }

  /** Whether the machine has ended: no CPU goes on. */
  get #isEnding(): boolean {
    const { exitPort, power } = this.devices;
    return exitPort?.written !== undefined || power.end !== undefined;
  }

  /** Whether a serial port is still to send what it was given. */
  get #isSending(): boolean {
    return this.devices.serial.some((port) => port.isSendingSoon);
  }

  #nextEvent(): number {
    const isBusy = this.interconnect.isBusy || this.devices.power.isResetting;
    return isBusy ? this.executor.boundary : this.schedule.next;
  }

  /** Why the machine is over, once what its serial ports had been given has left. */
  get endReason(): EndReason | undefined {
    if (!this.#isEnding || this.#isSending) return undefined;
    return this.devices.power.end ?? "exit-port";
  }

  /** What was written to the exit port, once the machine is over; 0 after power-off and reset. */
  get ended(): number | undefined {
    return this.endReason === undefined ? undefined : (this.devices.exitPort?.written ?? 0);
  }

  #boundary(time: number): void {
    this.schedule.advance(time);
    this.interconnect.deliver();
    this.#settleExternal();
    this.#settleReset();
  }

  /** A processor's shutdown resets a PC; a reset waits until the serial ports have sent what they had been given. */
  #settleReset(): void {
    if (!this.#boot || this.#isEnding) return;
    const { power } = this.devices;
    const down = this.processors.find(({ activity }) => activity === S.ACTIVITY_SHUTDOWN);
    if (down) power.reset("triple-fault", down.get(REG_RIP).toString(16));
    if (!power.isResetting || this.#isSending) return;
    this.#powerOn.restore(this);
    power.didReset();
    this.#boot();
  }

  /** The PICs are wired to the first CPU. */
  #settleExternal(): void {
    this.lapics[0]!.setExternal(this.devices.pic.output);
  }

  // Time

  /** The present time in ticks: the local time of the CPU being executed or handled, else the boundary crossed last. */
  get time(): number {
    const { current, boundary } = this.executor;
    return current < 0 ? boundary : this.processors[current]!.time;
  }

  /**
   * Lets time advance to the first slice boundary at or after `until`, or to an earlier one at which `isLate` says so. Throws what
   * exit handlers throw.
   */
  run(until: number, isLate?: () => boolean): void {
    this.executor.run(until, isLate);
  }

  /** Lets one CPU alone go on, until it is idle or at the end of the present slice; `time` stands still meanwhile. */
  runAlone(cpu: number): void {
    this.executor.runAlone(cpu);
  }

  /** Lets all other CPUs run to the next boundary while `cpu` stays where it is; for exit handlers that wait. */
  relax(cpu: number): void {
    this.executor.relax(cpu);
  }

  /** Sets the handler of exits. Without one an exit is an error, thrown by `run`. */
  onExit(handler: ExitHandler | undefined): void {
    this.#handler = handler;
  }

  /** Gives a CPU no time from now on, whatever its state. Idempotent. */
  stop(cpu: number): void {
    this.executor.stop(cpu);
  }

  /** Gives a stopped CPU time again. Idempotent. */
  resume(cpu: number): void {
    this.executor.resume(cpu);
  }

  // Resets

  /**
   * Says how the machine is started after a reset, at the boundary after it: with processors and devices as after power-on, and RAM of
   * zeros. Without, a reset is the machine's end.
   */
  onReset(boot: (() => void) | undefined): void {
    this.#boot = boot;
    this.devices.power.canReset = boot !== undefined;
  }

  // Interrupts

  /** The local APIC of a CPU. */
  lapic(cpu: number): Lapic {
    return this.lapics[cpu]!;
  }

  /** Leaves nothing of the last owner in a local APIC: LVTs masked, ISR and IRR drained, SVR 0xff, TPR 0. */
  resetLapic(cpu: number): void {
    this.lapics[cpu]!.clean();
    this.processors[cpu]!.setPending(S.PENDING_NMI, false);
  }

  /** Sends a fixed, lowest-priority or NMI interrupt: at once to the CPU being handled, else at the next boundary. */
  sendIpi(cpu: number, mode: number, vector: number): void {
    const message = { mode, vector, level: false, logical: false, destination: cpu };
    if (cpu === this.executor.current) this.lapics[cpu]!.accept(message);
    else this.interconnect.postTo(cpu, message);
  }

  /** Sends INIT; it arrives at the next boundary, and only at a CPU without a hypervisor. */
  sendInit(cpu: number): void {
    const message = {
      mode: ICR_MODE_INIT,
      vector: 0,
      level: false,
      logical: false,
      destination: cpu,
    };
    this.interconnect.postTo(cpu, message);
  }

  /** Sends a start-up IPI; it arrives at the next boundary, and only at a CPU without a hypervisor. */
  sendSipi(cpu: number, vector: number): void {
    const message = { mode: ICR_MODE_SIPI, vector, level: false, logical: false, destination: cpu };
    this.interconnect.postTo(cpu, message);
  }

  // Accesses on a CPU's behalf

  /** Reads `size` bytes (1, 2, 4 or 8) of RAM or device memory as `cpu`; all ones where nobody answers. */
  readPhysical(cpu: number, address: number, size: number): bigint {
    if (isRam(this.options.memory, address, size)) return readLittleEndian(this.ram, address, size);
    return busAccess(this.bus, this.processors[cpu]!, S.BUS_READ, address, size, 0n);
  }

  /** Writes `size` bytes (1, 2, 4 or 8) of RAM or device memory as `cpu`. */
  writePhysical(cpu: number, address: number, size: number, value: bigint): void {
    if (isRam(this.options.memory, address, size)) {
      writeLittleEndian(this.ram, address, size, value);
      this.exports.invalidateCode(BigInt(address), BigInt(size));
    } else {
      busAccess(this.bus, this.processors[cpu]!, S.BUS_WRITE, address, size, value);
    }
  }

  /** Copies bytes into RAM. Throws `bad-address` outside it. */
  writeRam(address: number, bytes: Uint8Array): void {
    this.#checkRam(address, bytes.length);
    this.ram.set(bytes, address);
    this.exports.invalidateCode(BigInt(address), BigInt(bytes.length));
  }

  /** Copies bytes out of RAM. Throws `bad-address` outside it. */
  readRam(address: number, size: number): Uint8Array {
    this.#checkRam(address, size);
    return this.ram.slice(address, address + size);
  }

  /** Reads a port (`size` 1, 2 or 4) as `cpu`. */
  readPort(cpu: number, port: number, size: number): number {
    return Number(busAccess(this.bus, this.processors[cpu]!, S.BUS_PORT_IN, port, size, 0n));
  }

  /** Writes a port (`size` 1, 2 or 4) as `cpu`. */
  writePort(cpu: number, port: number, size: number, value: number): void {
    const processor = this.processors[cpu]!;
    busAccess(this.bus, processor, S.BUS_PORT_OUT, port, size, BigInt(value >>> 0));
  }

  /** Reads an MSR of `cpu`; undefined: there is none (#GP). */
  readMsr(cpu: number, msr: number): bigint | undefined {
    return readCpuMsr(this.processors[cpu]!, msr);
  }

  /** Writes an MSR of `cpu`; false: there is none, or the value is bad (#GP). */
  writeMsr(cpu: number, msr: number, value: bigint): boolean {
    return writeCpuMsr(this.processors[cpu]!, msr, value);
  }

  /** Whether the processors have a feature that can be switched (model.ts). */
  hasFeature(name: string): boolean {
    return !this.options.missing.includes(name);
  }

  /** What CPUID says on a CPU without a hypervisor; `part` 0 to 3 selects EAX, EBX, ECX or EDX. */
  cpuid(cpu: number, leaf: number, subleaf: number, part: number): number {
    return this.exports.cpuidPart(cpu, leaf, subleaf, part) >>> 0;
  }

  /** PCI configuration space. */
  get pci(): PciBus {
    return this.devices.pci;
  }

  /** Serial port 0 (COM1) or 1 (COM2). */
  serial(port: number): Uart {
    this.schedule.now = this.time;
    return this.devices.serial[port]!;
  }

  /** Is told of every bus access of the CPUs while set. */
  set trace(trace: ((record: BusRecord) => void) | undefined) {
    this.bus.trace = trace;
  }

  // Whole machine

  /** Everything, to go back to with `restore`. Not from a handler. */
  save(): Snapshot {
    return takeSnapshot(this);
  }

  /** Goes back to a snapshot of a machine with the same options. Throws `bad-snapshot`. */
  restore(snapshot: Snapshot): void {
    restoreSnapshot(this, snapshot);
  }

  /** SHA-256 of RAM, the CPUs' architectural state, the devices' state and the serial output so far, in hex; `hash` may be a faster one. */
  fingerprint(hash?: Hash): string {
    return fingerprint(this, hash);
  }

  /** SHA-256 of the CPUs' architectural state and the devices' state, in hex. */
  stateDigest(hash?: Hash): string {
    return stateDigest(this, hash);
  }

  #checkRam(address: number, size: number): void {
    if (address < 0 || address + size > this.options.memory)
      throw new MachineError("bad-address", `0x${address.toString(16)}, ${size} bytes, is not RAM`);
  }
}
