// What the CPUs' accesses to ports, device memory and MSRs reach: the far end of the bus call of cpu.wasm.
import { AddressSpace } from "./bus.ts";
import * as S from "./cpu/interface.ts";
import { isLapicMsr, readMsr, readPage, writeMsr, writePage } from "./devices/lapic/access.ts";
import type { Lapic } from "./devices/lapic/lapic.ts";
import { NOBODY } from "./interconnect.ts";
import type { Processor } from "./processor.ts";

/** One access of a CPU, for tracing. */
export interface BusRecord {
  /** Local time of the CPU in ticks. */
  time: number;
  cpu: number;
  /** BUS_*. */
  kind: number;
  /** Port, physical address or MSR. */
  address: number;
  /** Bytes. */
  size: number;
  value: bigint;
  /** BUS_HANDLED, BUS_IGNORED or BUS_FAULT. */
  result: number;
}

const PAGE_MASK = 0xfff;
const PAGE = 0x1000;
const DWORD = 4;
const ALL_ONES = 0xffffffff;
const TPR_SHIFT = 4;
const TPR_CLASS = 0xf;

/** The buses of the machine. */
export class SystemBus {
  readonly ports: AddressSpace = new AddressSpace("port");
  readonly memory: AddressSpace = new AddressSpace("address");
  /** Called after every access with the CPU's number. */
  onAccess: (cpu: number) => void = () => {};
  /** Called after every access while set. */
  trace: ((record: BusRecord) => void) | undefined;
  #processors: readonly Processor[] = [];
  #lapics: readonly Lapic[] = [];
  readonly #clock: { now: number };
  readonly #interrupts: { accessor: number };

  /** `clock` is what the devices look at, `interrupts` what they send on. */
  constructor(clock: { now: number }, interrupts: { accessor: number }) {
    this.#clock = clock;
    this.#interrupts = interrupts;
  }

  /** Connects the CPUs, once they exist. */
  connect(processors: readonly Processor[], lapics: readonly Lapic[]): void {
    this.#processors = processors;
    this.#lapics = lapics;
  }

  /** The bus call of cpu.wasm: address and value are in the CPU's state block. */
  call(cpu: number, kind: number, size: number): number {
    const processor = this.#processors[cpu]!;
    this.#clock.now = processor.time;
    this.#interrupts.accessor = cpu;
    const result = this.#dispatch(processor, this.#lapics[cpu]!, kind, size);
    this.#interrupts.accessor = NOBODY;
    this.onAccess(cpu);
    if (this.trace) this.#record(this.trace, processor, kind, size, result);
    return result;
  }

  #record(
    trace: (record: BusRecord) => void,
    processor: Processor,
    kind: number,
    size: number,
    result: number,
  ): void {
    const address = processor.number(S.S_BUS_ADDRESS);
    const value = processor.wide(S.S_BUS_VALUE);
    trace({ time: processor.time, cpu: processor.index, kind, address, size, value, result });
  }

  #dispatch(processor: Processor, lapic: Lapic, kind: number, size: number): number {
    switch (kind) {
      case S.BUS_PORT_IN:
        return this.#read(processor, this.ports, size);
      case S.BUS_PORT_OUT:
        return this.#write(processor, this.ports, size);
      case S.BUS_READ:
        return this.#readMemory(processor, lapic, size);
      case S.BUS_WRITE:
        return this.#writeMemory(processor, lapic, size);
      case S.BUS_MSR_READ:
        return readLocalMsr(processor, lapic);
      case S.BUS_MSR_WRITE:
        return writeLocalMsr(processor, lapic);
      case S.BUS_ACKNOWLEDGE:
        lapic.advance(processor.time);
        setValue(processor, lapic.acknowledge());
        return S.BUS_HANDLED;
      case S.BUS_TPR_READ:
        setValue(processor, lapic.registers.tpr >> TPR_SHIFT);
        return S.BUS_HANDLED;
      default:
        lapic.setTpr((processor.word(S.S_BUS_VALUE) & TPR_CLASS) << TPR_SHIFT);
        return S.BUS_HANDLED;
    }
  }

  #read(processor: Processor, space: AddressSpace, size: number): number {
    const result = space.read(processor.number(S.S_BUS_ADDRESS), size);
    processor.setWord(S.S_BUS_VALUE, space.low);
    processor.setWord(S.S_BUS_VALUE + DWORD, space.high);
    return result;
  }

  #write(processor: Processor, space: AddressSpace, size: number): number {
    const low = processor.word(S.S_BUS_VALUE);
    const high = processor.word(S.S_BUS_VALUE + DWORD);
    return space.write(processor.number(S.S_BUS_ADDRESS), size, low, high);
  }

  #readMemory(processor: Processor, lapic: Lapic, size: number): number {
    const address = processor.number(S.S_BUS_ADDRESS);
    if (!isOnPage(lapic, address)) return this.#read(processor, this.memory, size);
    const value = size > DWORD ? ALL_ONES : readPage(lapic, address & PAGE_MASK, size);
    processor.setWord(S.S_BUS_VALUE, value);
    processor.setWord(S.S_BUS_VALUE + DWORD, size > DWORD ? ALL_ONES : 0);
    return S.BUS_HANDLED;
  }

  #writeMemory(processor: Processor, lapic: Lapic, size: number): number {
    const address = processor.number(S.S_BUS_ADDRESS);
    if (!isOnPage(lapic, address)) return this.#write(processor, this.memory, size);
    writePage(lapic, address & PAGE_MASK, size, processor.word(S.S_BUS_VALUE));
    return S.BUS_HANDLED;
  }
}

function isOnPage(lapic: Lapic, address: number): boolean {
  const { page } = lapic;
  return page >= 0 && address >= page && address < page + PAGE;
}

function setValue(processor: Processor, value: number): void {
  processor.setWord(S.S_BUS_VALUE, value);
  processor.setWord(S.S_BUS_VALUE + DWORD, 0);
}

function readLocalMsr(processor: Processor, lapic: Lapic): number {
  const msr = processor.word(S.S_BUS_ADDRESS);
  const value = isLapicMsr(msr) ? readMsr(lapic, msr) : undefined;
  if (value === undefined) return S.BUS_FAULT;
  processor.setWide(S.S_BUS_VALUE, value);
  return S.BUS_HANDLED;
}

function writeLocalMsr(processor: Processor, lapic: Lapic): number {
  const msr = processor.word(S.S_BUS_ADDRESS);
  const done = isLapicMsr(msr) && writeMsr(lapic, msr, processor.wide(S.S_BUS_VALUE));
  return done ? S.BUS_HANDLED : S.BUS_FAULT;
}
