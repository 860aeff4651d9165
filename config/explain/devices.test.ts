// A PCI device that a configuration forgot, on a machine that was collected: whatever part of it is used, the proposal is whole.
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import qemuX86 from "../../configs/x86/qemu-x86.ts";
import { qemuSystem } from "../../configs/x86/shared/qemu.ts";
import { checkConfigs } from "../check/index.ts";
import { PciFunctions } from "../create/pci.ts";
import { fileTree, openTree, type Tree } from "../create/tree.ts";
import { KiB, mmio } from "../index.ts";
import type { SystemConfig } from "../types.ts";
import type { Denial } from "./access.ts";
import { additionText, explain, missing, repaired, type Situation } from "./index.ts";

const MACHINE = fileURLToPath(
  new URL("../../test/data/machines/q35-1g-4-amd-demo.tar.gz", import.meta.url),
);
const tree = openTree(MACHINE);
const CARD = 0x10;
/** BAR 0, and BAR 3 without its MSI-X table. */
const REGISTERS = [0xfeb80000n, 0xfebd1000n] as const;
const TABLE = 0xfebd0000n;
const { rootCell } = qemuX86;
const card = rootCell.pciDevices.find(({ bdf }) => bdf === CARD)!;
const other = qemuSystem({
  registers: [
    mmio({ physical: 0xfebd4000, size: KiB(16) }),
    mmio({ physical: 0xfebd8000, size: KiB(4) }),
    mmio({ physical: 0xfebd9000, size: KiB(4) }),
  ],
  devices: [],
});
const forgotten: SystemConfig = {
  ...other,
  rootCell: {
    ...other.rootCell,
    ports: other.rootCell.ports.filter(({ base }) => base !== 0xc000),
  },
};

function situation(devices: Tree): Situation {
  return {
    system: forgotten,
    cells: [{ id: 0, config: forgotten.rootCell }],
    functions: new PciFunctions(devices),
  };
}

const denial = (of: Partial<Denial>): Denial => ({
  ...{ sequence: 0, kind: "memory", cell: 0, cpu: 0, address: 0n, size: 4, write: false },
  ...{ fetch: false, string: false, allowed: 4096, value: 0n, rip: 0n, bits: 64 },
  ...{ instruction: new Uint8Array(), times: 1, ...of },
});

const USES: readonly (readonly [string, Partial<Denial>])[] = [
  ["its configuration space", { kind: "pci", address: BigInt(CARD) << 16n }],
  ["its first register", { address: REGISTERS[0] }],
  ["its last register", { address: REGISTERS[1] + 0x2000n }],
  ["its MSI-X table", { address: TABLE }],
  ["its ports", { kind: "port", address: 0xc041n, size: 1, allowed: 1 }],
];

describe("a forgotten network card", () => {
  test.each(USES)("by %s", (_, use) => {
    const explanation = explain(situation(tree), denial(use));
    expect(explanation.where).toContain("00:02.0: Ethernet controller, 8086:10d3");
    const fixed = repaired(forgotten.rootCell, [explanation]);
    const found = fixed.pciDevices.find(({ bdf }) => bdf === CARD)!;
    const { capsStart, numCaps, ...same } = card;
    expect(found).toMatchObject(same);
    const capabilities = fixed.pciCapabilities.slice(
      found.capsStart,
      found.capsStart + found.numCaps,
    );
    expect(capabilities).toEqual(
      expect.arrayContaining(
        rootCell.pciCapabilities
          .slice(capsStart, capsStart + numCaps)
          .filter(({ flags }) => flags !== 0),
      ),
    );
    const added = fixed.memory.slice(forgotten.rootCell.memory.length);
    expect(added.map(({ physicalStart, size }) => [physicalStart, size])).toEqual([
      [0xfeb80000n, 0x40000n],
      [0xfebd1000n, 0x3000n],
    ]);
    expect(fixed.ports).toContainEqual({ base: 0xc040, length: 0x20 });
  });

  test("all of it at once is one proposal, and it passes the check", () => {
    const explanations = USES.map(([, use]) => explain(situation(tree), denial(use)));
    const lines = missing(forgotten.rootCell, explanations).map(additionText);
    expect(lines).toHaveLength(2 + 1 + 1);
    expect(lines.join("\n")).toContain("barMask: [0xfffe0000, 0xfffe0000, 0xffffffe0, 0xffffc000]");
    const fixed = repaired(forgotten.rootCell, explanations);
    const faults = checkConfigs([{ ...forgotten, rootCell: fixed }]);
    expect(faults.filter(({ severity }) => severity !== "note")).toEqual([]);
  });

  test("what is listed already is not proposed again", () => {
    const whole = { ...situation(tree), system: qemuX86, cells: [{ id: 0, config: rootCell }] };
    const explanation = explain(whole, denial({ address: 0xfeb80000n }));
    expect(explanation.additions.filter(({ kind }) => kind === "pci")).toEqual([]);
  });

  test("who may not read all of it is told", () => {
    const directory = "/sys/bus/pci/devices/0000:00:02.0/";
    const part = (config: Uint8Array) =>
      fileTree(
        new Map([
          [`${directory}config`, config],
          [`${directory}resource`, tree.read(`${directory}resource`)!],
        ]),
      );
    const [, use] = USES[0]!;
    const config = tree.read(`${directory}config`)!;
    const short = explain(situation(part(config.subarray(0, 64))), denial(use));
    expect(short.where).toContain("read as root");
    const hidden = explain(situation(part(new Uint8Array(256).fill(0xff))), denial(use));
    expect(hidden.additions.map(additionText)).toEqual([
      'pciDevices: [{ type: "device", bdf: bdf(0, 2, 0) }]  // its BARs and capabilities have to be filled in: enable --learn, or explain -r with what config collect saved, finds them',
    ]);
  });

  test("other functions are not looked at, since a hypervisor that learns would note that", () => {
    const read: string[] = [];
    const watched: Tree = {
      list: (path) => tree.list(path),
      read: (path) => {
        read.push(path);
        return tree.read(path);
      },
    };
    for (const [, use] of USES) explain(situation(watched), denial(use));
    const configs = read.filter((path) => path.endsWith("/config"));
    expect(new Set(configs)).toEqual(new Set(["/sys/bus/pci/devices/0000:00:02.0/config"]));
  });
});
