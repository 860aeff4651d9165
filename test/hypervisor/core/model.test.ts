// Random cells and requests against a model: results, states, CPUs, and every page of the root cell's map, computed naively
// from sets of pages.
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  MEM_DMA,
  MEM_EXECUTE,
  MEM_LOADABLE,
  MEM_READ,
  MEM_ROOTSHARED,
  MEM_WRITE,
} from "../../../abi/config.ts";
import { EBUSY, EEXIST, ENOENT, EPERM } from "../../../abi/errno.ts";
import * as hc from "../../../abi/hypercall.ts";
import { MAP_READ, MAP_ZERO } from "../../../abi/platform.ts";
import * as cfg from "../configurations.ts";
import { FakePlatform } from "../fake-platform.ts";

const PAGE = 4096n;
const CPUS = 4;
const FLAG_BITS = MEM_READ | MEM_WRITE | MEM_EXECUTE | MEM_DMA;
/** Flags of the pages in place of the hypervisor's memory. */
const ZEROS = MAP_READ | MAP_ZERO;
const RUNNING = 0;
const SHUT_DOWN = 2;
/** Root regions; the second one has another guest-physical address. The first page holds configurations. */
const ROOT: cfg.Region[] = [
  { phys: 0n, virt: 0n, size: 20n * PAGE, flags: FLAG_BITS },
  { phys: 24n * PAGE, virt: 64n * PAGE, size: 12n * PAGE, flags: MEM_READ | MEM_WRITE },
];
const SYSTEM = cfg.systemConfig({
  hypervisor: { phys: 40n * PAGE, size: 8n * PAGE },
  flags: 0,
  root: { regions: ROOT },
});

interface Chunk {
  readonly page: number;
  readonly pages: number;
  readonly loadable: boolean;
  readonly shared: boolean;
}
type Step =
  | {
      readonly kind: "create";
      readonly id: number;
      readonly cpus: number[];
      readonly chunks: Chunk[];
    }
  | { readonly kind: "start" | "load" | "destroy" | "force" | "lock"; readonly id: number }
  | { readonly kind: "destroyAll" };

interface ModelCell {
  readonly cpus: readonly number[];
  readonly chunks: readonly Chunk[];
  state: number;
  loadable: boolean;
  locked: boolean;
}

const ids = fc.integer({ min: 1, max: 3 });
const chunk: fc.Arbitrary<Chunk> = fc.record({
  page: fc.integer({ min: 2, max: 37 }),
  pages: fc.integer({ min: 1, max: 3 }),
  loadable: fc.boolean(),
  shared: fc.boolean(),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant("create" as const),
    id: ids,
    cpus: fc.uniqueArray(fc.integer({ min: 1, max: CPUS - 1 }), { minLength: 1, maxLength: 2 }),
    chunks: fc.array(chunk, { maxLength: 3 }),
  }),
  fc.record({ kind: fc.constantFrom("start", "load", "destroy", "force", "lock"), id: ids }),
  fc.constant({ kind: "destroyAll" as const }),
);

function pagesOf({ page, pages }: Chunk): number[] {
  return Array.from({ length: pages }, (_, i) => page + i).filter((number) => number < 40);
}

/** Regions of a cell, each at a guest-physical address of its own. */
function regionsOf(chunks: readonly Chunk[]): cfg.Region[] {
  return chunks.map((item, index) => ({
    phys: BigInt(item.page) * PAGE,
    virt: BigInt(index * 16) * PAGE,
    size: BigInt(pagesOf(item).length) * PAGE,
    flags: FLAG_BITS | (item.loadable ? MEM_LOADABLE : 0) | (item.shared ? MEM_ROOTSHARED : 0),
  }));
}

class Model {
  readonly cells = new Map<number, ModelCell>();

  /** Whether another cell has a page of these in a way that excludes the new one. */
  #conflicts(chunks: readonly Chunk[]): boolean {
    const others = [...this.cells.values()].flatMap((cell) => cell.chunks);
    return chunks.some((mine) =>
      others.some(
        (other) =>
          !(mine.shared && other.shared) &&
          pagesOf(mine).some((page) => pagesOf(other).includes(page)),
      ),
    );
  }

  #lockedOther(id: number): boolean {
    return [...this.cells].some(([other, cell]) => other !== id && cell.locked);
  }

  apply(request: Step): number {
    if (request.kind === "destroyAll") {
      this.cells.clear();
      return 0;
    }
    const cell = this.cells.get(request.id);
    if (request.kind === "create") return this.#create(request.id, request.cpus, request.chunks);
    if (!cell) return -ENOENT;
    if (request.kind === "lock") {
      if (cell.state === RUNNING) cell.locked = true;
      return 0;
    }
    if (request.kind === "destroy" || request.kind === "force") {
      if (this.#lockedOther(request.id)) return -EPERM;
      this.cells.delete(request.id);
      return 0;
    }
    cell.loadable = request.kind === "load";
    cell.state = cell.loadable ? SHUT_DOWN : RUNNING;
    cell.locked = false;
    return 0;
  }

  #create(id: number, cpus: readonly number[], chunks: readonly Chunk[]): number {
    if (this.#lockedOther(0)) return -EPERM;
    if (this.cells.has(id)) return -EEXIST;
    const taken = [...this.cells.values()].flatMap((cell) => cell.cpus);
    if (cpus.some((cpu) => taken.includes(cpu)) || this.#conflicts(chunks)) return -EBUSY;
    this.cells.set(id, { cpus, chunks, state: SHUT_DOWN, loadable: false, locked: false });
    return 0;
  }

  /** Physical pages that the root cell has lost. */
  #lost(): Set<number> {
    const lost = new Set<number>();
    for (const cell of this.cells.values()) {
      const own = cell.chunks.filter((item) => !item.shared);
      for (const page of own.flatMap(pagesOf)) lost.add(page);
      const open = own.filter((item) => cell.loadable && item.loadable);
      for (const page of open.flatMap(pagesOf)) lost.delete(page);
    }
    return lost;
  }

  /** The root cell's map of RAM: guest-physical page, physical address, flags. */
  rootMap(): string[] {
    const lost = this.#lost();
    const lines: string[] = [];
    for (const { phys = 0n, virt, size, flags } of ROOT) {
      for (let offset = 0n; offset < size; offset += PAGE) {
        if (lost.has(Number((phys + offset) / PAGE))) continue;
        lines.push(`${(virt + offset) / PAGE} ${phys + offset} ${flags}`);
      }
    }
    return lines.sort();
  }
}

function issue(platform: FakePlatform, model: Model, request: Step): number {
  const call = (code: number, argument = 0) => platform.hypercall(0, code, BigInt(argument));
  switch (request.kind) {
    case "create": {
      const { id, cpus, chunks } = request;
      const regions = [...regionsOf(chunks), { ...cfg.COMM, virt: 128n * PAGE }];
      platform.writeRam(PAGE, cfg.cellConfig({ name: `c${id}`, id, cpus, regions }));
      return platform.hypercall(0, hc.HC_CELL_CREATE, PAGE);
    }
    case "start":
      return call(hc.HC_CELL_START, request.id);
    case "load":
      return call(hc.HC_CELL_SET_LOADABLE, request.id);
    case "destroy":
      return call(hc.HC_CELL_DESTROY, request.id);
    case "force":
      return call(hc.HC_CELL_DESTROY_FORCED, request.id);
    case "destroyAll":
      return call(hc.HC_DESTROY_ALL);
    case "lock":
      return lock(platform, model.cells.get(request.id));
  }
}

/** The inmate of `cell` locks the configuration if it runs. */
function lock(platform: FakePlatform, cell: ModelCell | undefined): number {
  if (!cell) return -ENOENT;
  const number = platform.cpus[cell.cpus[0]!]!.cell;
  if (cell.state === RUNNING) platform.comm.get(number)![2] = 1;
  return 0;
}

function compare(platform: FakePlatform, model: Model): void {
  const ram = platform
    .mapOf(0)
    .split("\n")
    .filter((line) => Number(line.split(" ")[0]) < 100 && !line.endsWith(` ${ZEROS}`));
  expect(ram).toEqual(model.rootMap());
  for (let id = 1; id <= 3; id++) {
    const cell = model.cells.get(id);
    const expected = cell ? (cell.locked ? 1 : cell.state) : -ENOENT;
    expect(platform.hypercall(0, hc.HC_CELL_GET_STATE, BigInt(id))).toBe(expected);
    for (const cpu of cell?.cpus ?? []) {
      const activity = cell?.state === RUNNING ? "reset:0" : "halted";
      expect(platform.cpus[cpu]).toMatchObject({ stopped: false, activity });
    }
  }
  const given = [...model.cells.values()].reduce((sum, cell) => sum + cell.cpus.length, 0);
  expect(platform.cpus.filter(({ cell }) => cell === 0).length).toBe(CPUS - given);
  const info = BigInt(hc.INFO_NUM_CELLS);
  expect(platform.hypercall(0, hc.HC_HYPERVISOR_GET_INFO, info)).toBe(model.cells.size + 1);
}

/** Inmates that approve of everything. */
function willing(platform: FakePlatform): void {
  platform.onRelax = () => {
    for (const page of platform.comm.values()) page[4] = 3;
  };
}

test("any sequence of requests does what the model does", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 25 }), (steps) => {
      const platform = new FakePlatform({ memory: 4 });
      willing(platform);
      expect(platform.enable(SYSTEM)).toBe(0);
      const model = new Model();
      for (const request of steps) {
        expect(issue(platform, model, request), JSON.stringify(request)).toBe(model.apply(request));
        compare(platform, model);
      }
    }),
    { seed: 2_015, numRuns: 300 },
  );
});
