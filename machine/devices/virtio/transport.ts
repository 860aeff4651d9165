// Virtio over PCI (Virtual I/O Device specification 1.2, section 4.1): how a driver finds, sets up and notifies a device. What the device
// is, a VirtioDevice says.
import { Device, type Line, type Registers } from "../device.ts";
import type { ApicMessage } from "../lapic/message.ts";
import { PciEndpoint } from "../pci/endpoint.ts";
import { Msix } from "../pci/msix.ts";
import {
  type Chain,
  type Dma,
  giveChain,
  NO_VECTOR,
  newQueue,
  QUEUE_SIZE,
  type QueueState,
  takeChain,
} from "./queue.ts";

/** A kind of device. */
export interface VirtioDevice {
  /** Its number (chapter 5). */
  readonly type: number;
  /** Class code of its PCI function. */
  readonly classCode: number;
  /** Features below bit 32. */
  readonly features: number;
  readonly queues: number;
  /** Its configuration, as the driver reads it. */
  readonly config: Uint8Array;
  /** Carries out a request of a queue and returns how many bytes it has written; undefined leaves it with the device. */
  handle(queue: number, chain: Chain): number | undefined;
}

/** What the device is connected to. */
export interface VirtioWiring {
  readonly memory: Dma;
  /** INTA. */
  readonly line: Line;
  /** Takes messages of MSI-X. */
  send(message: ApicMessage): void;
}

const VENDOR = 0x1af4;
const FIRST_DEVICE = 0x1040;
const REVISION = 1;
const MSIX_BAR = 1;
const REGISTERS_BAR = 4;
const REGISTERS_SIZE = 0x4000;
const PART = 0x1000;
/** Parts of the registers, in their order: type of the capability that tells of them. */
const [COMMON, ISR, DEVICE, NOTIFY] = [0, 1, 2, 3] as const;
const CAPABILITY = 0x09;
const PARTS = [
  { part: COMMON, type: 1, length: 0x38 },
  { part: ISR, type: 3, length: 1 },
  { part: DEVICE, type: 4, length: PART },
  { part: NOTIFY, type: 2, length: PART },
] as const;
/** Bytes between the notification registers of two queues. */
const NOTIFY_STEP = 4;
const ISR_QUEUE = 1;
/** Status: the driver is ready (2.1); nothing is done for it before. */
const DRIVER_OK = 4;
/** The one feature above bit 31: VERSION_1. */
const FEATURES_HIGH = 1;
const DWORD = 4;
const TWO_32 = 2 ** 32;

interface State {
  deviceSelect: number;
  driverSelect: number;
  driverFeatures: [number, number];
  configVector: number;
  status: number;
  selected: number;
  isr: number;
  queues: QueueState[];
}

function initial(queues: number): State {
  return {
    ...{ deviceSelect: 0, driverSelect: 0, driverFeatures: [0, 0], configVector: NO_VECTOR },
    ...{ status: 0, selected: 0, isr: 0, queues: Array.from({ length: queues }, newQueue) },
  };
}

/** A virtio device as a PCI function. */
export class VirtioFunction extends Device<State> implements Registers {
  readonly endpoint: PciEndpoint;
  readonly msix: Msix;
  readonly #device: VirtioDevice;
  readonly #memory: Dma;

  constructor(device: VirtioDevice, wiring: VirtioWiring) {
    super("virtio", 1, initial(device.queues));
    this.#device = device;
    this.#memory = wiring.memory;
    const { type, classCode } = device;
    const identity = { vendor: VENDOR, device: FIRST_DEVICE + type, classCode, revision: REVISION };
    const subsystem = { subsystemVendor: VENDOR, subsystem: type };
    this.endpoint = new PciEndpoint({ ...identity, ...subsystem }, wiring.line);
    this.endpoint.addBar(REGISTERS_BAR, {
      ...{ kind: "memory64", size: REGISTERS_SIZE, registers: this },
    });
    this.msix = new Msix(this.endpoint, MSIX_BAR, device.queues + 1, wiring.send);
    for (const { part, type: kind, length } of PARTS) this.#tell(part, kind, length);
  }

  #tell(part: number, type: number, length: number): void {
    const dwords = part === NOTIFY ? 5 : 4;
    const at = this.endpoint.addCapability(CAPABILITY, dwords, (dwords * DWORD) | (type << 8));
    this.endpoint.set(at + DWORD, REGISTERS_BAR);
    this.endpoint.set(at + 2 * DWORD, part * PART);
    this.endpoint.set(at + 3 * DWORD, length);
    if (part === NOTIFY) this.endpoint.set(at + 4 * DWORD, NOTIFY_STEP);
  }

  read(offset: number, size: number): number {
    const part = Math.floor(offset / PART);
    const at = offset % PART;
    if (part === COMMON) return this.#readCommon(at);
    if (part === ISR) return this.#takeIsr();
    if (part !== DEVICE) return 0;
    const { config } = this.#device;
    let value = 0;
    for (let index = size - 1; index >= 0; index--) value = value * 256 + (config[at + index] ?? 0);
    return value;
  }

  write(offset: number, _size: number, value: number): void {
    const part = Math.floor(offset / PART);
    const at = offset % PART;
    if (part === COMMON) this.#writeCommon(at, value);
    else if (part === NOTIFY) this.serve(at / NOTIFY_STEP);
  }

  /** Carries out what waits in a queue: after the driver's notification, or when the device can go on. */
  serve(index: number): void {
    const queue = this.state.queues[index];
    if (!queue || !(this.state.status & DRIVER_OK)) return;
    let interrupts = false;
    for (;;) {
      const { taken } = queue;
      const chain = takeChain(queue, this.#memory);
      if (!chain) break;
      const written = this.#device.handle(index, chain);
      if (written === undefined) {
        queue.taken = taken;
        break;
      }
      if (giveChain(queue, this.#memory, chain.head, written)) interrupts = true;
    }
    if (interrupts) this.#interrupt(queue.vector);
  }

  #interrupt(vector: number): void {
    if (this.msix.isOn) {
      if (vector !== NO_VECTOR) this.msix.signal(vector);
      return;
    }
    this.state.isr |= ISR_QUEUE;
    this.endpoint.interrupt(true);
  }

  #takeIsr(): number {
    const { isr } = this.state;
    this.state.isr = 0;
    this.endpoint.interrupt(false);
    return isr;
  }

  #readCommon(at: number): number {
    const { state } = this;
    const queue = state.queues[state.selected];
    switch (at) {
      case 0x00:
        return state.deviceSelect;
      case 0x04:
        return [this.#device.features, FEATURES_HIGH][state.deviceSelect] ?? 0;
      case 0x08:
        return state.driverSelect;
      case 0x0c:
        return state.driverFeatures[state.driverSelect] ?? 0;
      case 0x10:
        return state.configVector;
      case 0x12:
        return state.queues.length;
      case 0x14:
        return state.status;
      case 0x16:
        return state.selected;
      default:
        return queue ? readQueue(queue, state.selected, at) : 0;
    }
  }

  #writeCommon(at: number, value: number): void {
    const { state } = this;
    const queue = state.queues[state.selected];
    switch (at) {
      case 0x00:
        state.deviceSelect = value;
        break;
      case 0x08:
        state.driverSelect = value;
        break;
      case 0x0c:
        if (state.driverSelect < 2) state.driverFeatures[state.driverSelect] = value;
        break;
      case 0x10:
        state.configVector = this.#vector(value);
        break;
      case 0x14:
        if (value === 0) this.#reset();
        else state.status = value;
        break;
      case 0x16:
        state.selected = value;
        break;
      case 0x1a:
        if (queue) queue.vector = this.#vector(value);
        break;
      default:
        if (queue) writeQueue(queue, at, value);
    }
  }

  /** A vector that there is, or NO_VECTOR. */
  #vector(value: number): number {
    return value <= this.#device.queues ? value : NO_VECTOR;
  }

  #reset(): void {
    this.state = initial(this.#device.queues);
    this.endpoint.interrupt(false);
  }
}

function half(value: number, at: number): number {
  return at % (2 * DWORD) === 0 ? value % TWO_32 : Math.floor(value / TWO_32);
}

function readQueue(queue: QueueState, index: number, at: number): number {
  if (at >= 0x20 && at < 0x38) return half(queue[placeAt(at)], at);
  const { size, vector, enabled } = queue;
  return { 24: size, 26: vector, 28: enabled ? 1 : 0, 30: index }[at] ?? 0;
}

function placeAt(at: number): "descriptors" | "driver" | "device" {
  return at < 0x28 ? "descriptors" : at < 0x30 ? "driver" : "device";
}

function writeQueue(queue: QueueState, at: number, value: number): void {
  if (at === 0x18) {
    if (value > 0 && value <= QUEUE_SIZE && (value & (value - 1)) === 0) queue.size = value;
  } else if (at === 0x1c) {
    if (value === 1) queue.enabled = true;
  } else if (at >= 0x20 && at < 0x38) {
    const place = placeAt(at);
    const low = half(queue[place], 0);
    queue[place] = at % (2 * DWORD) === 0 ? queue[place] - low + value : low + value * TWO_32;
  }
}
