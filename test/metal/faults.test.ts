// What a fault of the hypervisor itself does, and what its page table lets it do: a core with faults on each bed.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { APIC_PAGE } from "../../abi/x86/apic.ts";
import { CPU_SIZE } from "../../platforms/metal/numbers.ts";
import { APIC_WINDOW } from "../../platforms/metal/x86/numbers.ts";
import { ROOT } from "../../tools/root.ts";
import { boot, CAN_BOOT, type Said } from "./loader.ts";
import { imageFor, MACHINES, systemFor } from "./machines.ts";

const CPUS = 4;
/** Where an image's header has its size. */
const CORE_SIZE = 8;
const VIRTUAL_BASE = 0xfffffffff0000000n;
const PAGE = 0x1000n;
const LARGE_PAGE = 0x200000n;
/** configs/qemu-x86.cell. */
const HYPERVISOR = { start: 0x3a000000n, size: 0x600000n };

/** The conformance core, but for hypercalls that go wrong. */
function faultyCore(directory: string): string {
  const output = join(directory, "faults.wasm");
  const asc = join(ROOT, "node_modules/assemblyscript/bin/asc.js");
  const options = [
    ...["--runtime", "stub", "--use", "abort=", "--noAssert", "--memoryBase", "4096"],
    ...["--importMemory", "--noExportMemory", "--zeroFilledMemory", "-Osize", "-o", output],
  ];
  execFileSync(process.execPath, [asc, "test/metal/faults.as.ts", ...options], { cwd: ROOT });
  return output;
}

/** A page that a CPU's page table maps, as QEMU's monitor lists them. */
interface Page {
  readonly virt: bigint;
  readonly phys: bigint;
  readonly size: bigint;
  readonly writable: boolean;
  readonly executable: boolean;
}

function pagesOf(monitor: string): Page[] {
  return [...monitor.matchAll(/^([0-9a-f]{16}): ([0-9a-f]{16}) (.)(.)(.{7})/gm)].map(
    ([, virt, phys, noExecute, , rest]) => ({
      virt: BigInt(`0x${virt}`),
      phys: BigInt(`0x${phys}`),
      size: rest!.startsWith("P") ? LARGE_PAGE : PAGE,
      writable: rest!.endsWith("W"),
      executable: noExecute !== "X",
    }),
  );
}

describe.skipIf(!CAN_BOOT).each(MACHINES)("a fault of the hypervisor, $title", (machine) => {
  const { bed, cpu } = machine;
  let said: Said;
  let pages: Page[];
  let coreSize: bigint;

  beforeAll(async () => {
    const directory = mkdtempSync(join(tmpdir(), "faults-"));
    try {
      const image = imageFor(machine, faultyCore(directory));
      coreSize = Buffer.from(image).readBigUInt64LE(CORE_SIZE);
      const modules = [systemFor(machine)];
      const monitor = bed.hasMonitor ? ["cpu 1", "info tlb"] : [];
      const request = { image, modules, cpus: CPUS, bed, cpu };
      said = await boot({ ...request, scenario: "faults", monitor });
      pages = pagesOf(said.monitor);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });

  /** The report of the CPU's stop. */
  const report = (number: number) => {
    const reports = said.com1.replaceAll("\r\n", "\n").split(/(?=^FATAL)/m);
    return reports.find((text) => text.endsWith(`Stopping CPU ${number}\n`));
  };

  it("that leaves the core's memory is noticed by a check, and reported", () => {
    expect(report(1)).toMatch(
      /^FATAL: Jailhouse triggered exception #6\nError code: 0x0{16}\nRIP: 0xfffffffff000[0-9a-f]{4} RSP: 0xfffffffff00[0-9a-f]{5} FLAGS: 0x[0-9a-f]{16}\nA check has failed: [^\n]*\nPhysical CPU ID: 1\n/,
    );
  });

  it("that names the hypervisor's own memory is refused, and reported", () => {
    expect(report(2)).toMatch(
      /^FATAL: Jailhouse was about to touch its own memory\nCalled from: 0xfffffffff000[0-9a-f]{4}\nPhysical CPU ID: 2\n/,
    );
  });

  it("that names what does not exist is refused, and reported", () => {
    expect(report(3)).toMatch(/^FATAL: Jailhouse named what does not exist\n/);
  });

  it("stops its CPU only: the others go on, with the core's memory as it was", () => {
    const rounds = [1, 2, 3].flatMap((count) => [`call: ${count}`, "CPU is back: 0"]);
    expect(said.loader.split("\n")).toEqual([
      "loader: all CPUs are here",
      "enter: 0 0 0 0",
      ...rounds,
      "loader: waits",
      "",
    ]);
  });

  // What follows looks at the CPU from outside.
  if (!bed.hasMonitor) return;

  it("cannot change code or execute data: no page is writable and executable", () => {
    expect(pages.filter(({ writable, executable }) => writable && executable)).toEqual([]);
    const executable = pages.filter((page) => page.executable);
    expect(executable.length).toBeGreaterThan(0);
    const ends = executable.map(
      ({ virt }) => virt >= VIRTUAL_BASE && virt < VIRTUAL_BASE + coreSize,
    );
    expect(ends).not.toContain(false);
  });

  it("meets a page that is not there below each stack", () => {
    const mapped = new Set(pages.map(({ virt }) => virt));
    for (let cpu = 0n; cpu < CPUS; cpu++) {
      const guard = VIRTUAL_BASE + coreSize + cpu * BigInt(CPU_SIZE);
      expect(mapped.has(guard)).toBe(false);
      expect(mapped.has(guard + PAGE)).toBe(true);
    }
  });

  it("finds no memory but the hypervisor's own, and the local APIC", () => {
    const { start, size } = HYPERVISOR;
    const others = pages.filter(
      ({ virt, phys }) => virt < VIRTUAL_BASE || phys < start || phys >= start + size,
    );
    expect(others).toEqual([
      {
        virt: BigInt(APIC_WINDOW),
        phys: BigInt(APIC_PAGE),
        size: PAGE,
        writable: true,
        executable: false,
      },
    ]);
  });
});
