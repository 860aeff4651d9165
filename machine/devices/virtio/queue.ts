// Split virtqueues (Virtual I/O Device specification 1.2, section 2.7): descriptors, what the driver offers, what the device has used.
// What lies in memory is the driver's: lengths and links are not trusted.

/** RAM as devices reach it. Accesses outside RAM read zeros and write nothing. */
export interface Dma {
  read(address: number, size: number): Uint8Array;
  write(address: number, bytes: Uint8Array): void;
}

/** A piece of memory. */
export interface Buffer {
  readonly address: number;
  readonly size: number;
}

/** A request: what the device reads, and then what it writes. */
export interface Chain {
  readonly head: number;
  readonly readable: readonly Buffer[];
  readonly writable: readonly Buffer[];
}

/** State of a queue, as the driver has set it up. */
export interface QueueState {
  /** Descriptors, a power of two. */
  size: number;
  enabled: boolean;
  /** MSI-X vector; NO_VECTOR: none. */
  vector: number;
  descriptors: number;
  driver: number;
  device: number;
  /** Requests taken so far, modulo 65536. */
  taken: number;
}

/** Descriptors at most. */
export const QUEUE_SIZE = 256;
/** No MSI-X vector. */
export const NO_VECTOR = 0xffff;
const DESCRIPTOR = 16;
const NEXT = 1;
const WRITE = 2;
const RING = 4;
const USED_ENTRY = 8;
const NO_INTERRUPT = 1;
const WRAP = 0x10000;
const TWO_32 = 2 ** 32;

/** A queue that no driver has set up. */
export function newQueue(): QueueState {
  const places = { descriptors: 0, driver: 0, device: 0 };
  return { size: QUEUE_SIZE, enabled: false, vector: NO_VECTOR, ...places, taken: 0 };
}

function view(memory: Dma, address: number, size: number): DataView {
  const { buffer, byteOffset, byteLength } = memory.read(address, size);
  return new DataView(buffer, byteOffset, byteLength);
}

function word(memory: Dma, address: number): number {
  return view(memory, address, 2).getUint16(0, true);
}

function chainAt(queue: QueueState, memory: Dma, head: number): Chain {
  const readable: Buffer[] = [];
  const writable: Buffer[] = [];
  let index = head;
  for (let count = 0; count < queue.size && index < queue.size; count++) {
    const descriptor = view(memory, queue.descriptors + index * DESCRIPTOR, DESCRIPTOR);
    const address = descriptor.getUint32(0, true) + descriptor.getUint32(4, true) * TWO_32;
    const flags = descriptor.getUint16(12, true);
    (flags & WRITE ? writable : readable).push({ address, size: descriptor.getUint32(8, true) });
    if (!(flags & NEXT)) break;
    index = descriptor.getUint16(14, true);
  }
  return { head, readable, writable };
}

/** Takes the next request that the driver has offered. */
export function takeChain(queue: QueueState, memory: Dma): Chain | undefined {
  if (!queue.enabled || word(memory, queue.driver + 2) === queue.taken) return undefined;
  const head = word(memory, queue.driver + RING + (queue.taken % queue.size) * 2);
  queue.taken = (queue.taken + 1) % WRAP;
  return chainAt(queue, memory, head);
}

/** Gives a request back, `written` bytes of it written. Returns whether the driver wants to be interrupted. */
export function giveChain(queue: QueueState, memory: Dma, head: number, written: number): boolean {
  const used = word(memory, queue.device + 2);
  const entry = Uint32Array.of(head, written);
  const at = queue.device + RING + (used % queue.size) * USED_ENTRY;
  memory.write(at, new Uint8Array(entry.buffer));
  memory.write(queue.device + 2, new Uint8Array(Uint16Array.of((used + 1) % WRAP).buffer));
  return (word(memory, queue.driver) & NO_INTERRUPT) === 0;
}
