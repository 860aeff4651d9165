// A link of shared memory between cells: every end is a PCI device, and all ends name the same memory.
import type {
  Address,
  MemoryDefinition,
  MemoryFlag,
  PciDeviceDefinition,
  SharedMemoryDefinition,
} from "./definition.ts";
import { ConfigError } from "./errors.ts";
import { placeholder } from "./helpers.ts";
import { address as parseAddress } from "./parse.ts";

/** Writable bits of the first two base address registers: a page each. */
const BAR_MASK = [0xfffff000, 0xfffff000];
const PAGE = 0x1000;
const TWO_ENDS = 2;

/** What the ends of a link share. Sections follow each other in memory: state table, read/write section, outputs. */
export interface LinkOptions {
  /** Function at which every end sees its device: bdf(bus, device, function). Ends are linked by it. */
  readonly bdf: number;
  /** First byte of the shared memory. */
  readonly physical: Address;
  /** Bytes of the state table; default a page. */
  readonly stateTable?: Address;
  /** Bytes that all ends may write; default none. */
  readonly readWrite?: Address;
  /** Bytes that one end writes and the others read; default none. */
  readonly output?: Address;
  /** Default 2. */
  readonly ends?: number;
  /** Interrupts per end; default one for the state, and one more per other end. */
  readonly vectors?: number;
  /** What the ends speak; default `undefined`. An end may have its own. */
  readonly protocol?: SharedMemoryDefinition["protocol"];
}

/** The devices of a link. */
export interface Link {
  /** The device of end `id`, for a cell that is not the root cell. */
  end(id: number, protocol?: SharedMemoryDefinition["protocol"]): PciDeviceDefinition;
  /** The device of end `id`, for the root cell: the memory is its own before anybody shares it. */
  rootEnd(id: number, protocol?: SharedMemoryDefinition["protocol"]): PciDeviceDefinition;
}

/** Describes a link once; its ends cannot disagree then. Sizes are whole pages. */
export function ivshmemLink(options: LinkOptions): Link {
  const { bdf, ends = TWO_ENDS, vectors = ends } = options;
  const device = (
    id: number,
    shared: readonly MemoryFlag[],
    protocol = options.protocol,
  ): PciDeviceDefinition => {
    if (!Number.isInteger(id) || id < 0 || id >= ends)
      throw new ConfigError("value", `end ${id} is not one of the ${ends} of this link`, {
        hint: "ends are counted from 0",
      });
    return {
      type: "ivshmem",
      bdf,
      barMask: BAR_MASK,
      msix: { vectors },
      sharedMemory: {
        regions: sections(options, ends, id, shared),
        id,
        peers: ends,
        ...(protocol === undefined ? {} : { protocol }),
      },
    };
  };
  return {
    end: (id, protocol) => device(id, ["root-shared"], protocol),
    rootEnd: (id, protocol) => device(id, [], protocol),
  };
}

/** The memory regions as end `id` has them. */
function sections(
  { physical, stateTable = PAGE, readWrite = 0, output = 0 }: LinkOptions,
  ends: number,
  id: number,
  shared: readonly MemoryFlag[],
): MemoryDefinition[] {
  let start = parseAddress(physical, "physical");
  const section = (size: Address, writable: boolean): MemoryDefinition => {
    const bytes = parseAddress(size, "size");
    if (bytes === 0n) return placeholder();
    const flags: MemoryFlag[] = writable ? ["read", "write", ...shared] : ["read", ...shared];
    const region = { physical: start, size: bytes, flags };
    start += bytes;
    return region;
  };
  return [
    section(stateTable, false),
    section(readWrite, true),
    ...Array.from({ length: ends }, (_, end) => section(output, end === id)),
  ];
}
