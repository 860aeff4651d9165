// The hypervisor's physical memory on the emulated PC. The core's own data lies in its WebAssembly memory; the RAM that
// the system configuration reserves holds the pages that guests may be given: a page of zeros, the console page, and
// one communication page for each cell.

/** Size of a page in bytes. */
export const PAGE_SIZE = 4096;
/** Pages before the communication pages: zeros, console. */
const FIXED_PAGES = 2;
/** Fewest pages that make sense: the fixed ones, two cells, and a pool for the core. */
const FEWEST_PAGES = 64;
const WASM_PAGE = 65536;

export class HypervisorMemory {
  /** Physical start and size in bytes. */
  readonly start: number;
  readonly size: number;

  constructor(start: number, size: number) {
    this.start = start;
    this.size = size;
  }

  /** Whether RAM of `ramSize` bytes holds this range and the range holds a hypervisor. */
  fits(ramSize: number): boolean {
    return (
      this.size >= FEWEST_PAGES * PAGE_SIZE &&
      this.start % PAGE_SIZE === 0 &&
      this.start + this.size <= ramSize
    );
  }

  /** 64 KiB pages of the core's WebAssembly memory. */
  get corePages(): number {
    return Math.max(1, Math.floor(this.size / WASM_PAGE));
  }

  /** How many cells can have a communication page. */
  get maxCells(): number {
    return Math.floor(this.size / PAGE_SIZE) - FIXED_PAGES;
  }

  get zeroPage(): number {
    return this.start;
  }

  get consolePage(): number {
    return this.start + PAGE_SIZE;
  }

  commPage(cell: number): number {
    return this.start + (FIXED_PAGES + cell) * PAGE_SIZE;
  }

  /** Whether [address, address+size) touches this memory. */
  touches(address: number, size: number): boolean {
    return address < this.start + this.size && address + size > this.start;
  }
}
