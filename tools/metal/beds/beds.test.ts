// The list of beds, and what is put on a disk for the one that can load nothing by itself.
import { expect, it } from "vitest";
import { parseCpu } from "../../../control/cpu-option.ts";
import { bootConstants, bootDisk } from "./bochs/boot-disk.ts";
import { BOCHS } from "./bochs/index.ts";
import { multiboot } from "./bochs/multiboot.ts";
import { BEDS, findBed, findMachine, UnknownMachine } from "./index.ts";
import { PC } from "./pc/index.ts";

const SECTOR = 512;
const CYLINDER = 16 * 63 * SECTOR;

it("a bed is found by its name, and the first without one", () => {
  expect(findBed()).toBe(BEDS[0]);
  expect(findBed("bochs")).toBe(BOCHS);
  expect(() => findBed("real")).toThrow(
    new UnknownMachine('There is no bed "real"; the beds are qemu, qemu10, bochs, pc.'),
  );
});

it("a processor is found by its name, and none is asked for without one", () => {
  expect(findMachine(BOCHS, undefined)).toEqual({});
  expect(findMachine(BOCHS, "intel")).toEqual({ cpu: "corei7_haswell_4770" });
  expect(findMachine(BOCHS, "tigerlake")).toEqual({ cpu: "tigerlake" });
  expect(() => findMachine(BOCHS, "z80")).toThrow(
    new UnknownMachine(
      'On bed bochs there is no processor "z80"; its processors are ' +
        "amd, intel, ryzen, corei7_haswell_4770, corei7_icelake_u, tigerlake.",
    ),
  );
});

it.each(["qemu", "qemu10"])("%s has no VT-x, and says where there is", (name) => {
  const bed = findBed(name);
  expect(findMachine(bed, "amd")).toMatchObject({ cpu: expect.stringContaining("+svm") });
  expect(() => findMachine(bed, "intel")).toThrow(UnknownMachine);
  expect(() => findMachine(bed, "intel")).toThrow(/TCG.*VT-x|VT-x.*TCG.*--bed bochs --cpu intel/);
});

it("the PC's processors are of the models that there are", () => {
  for (const [name, { model }] of PC.processors)
    expect([name, parseCpu(model).vendor]).toEqual([name, "amd"]);
});

it("Bochs is not asked for devices that it does not have", async () => {
  const load = { loader: "none", modules: [], commandLine: "" };
  await expect(BOCHS.start(load, { devices: ["-device", "edu"] })).rejects.toThrow(
    "no other devices",
  );
});

it("a boot sector's table tells what is where on the disk", () => {
  const extents = [
    { address: 0x100000, data: Buffer.alloc(SECTOR + 1, 0x11) },
    { address: 0x20000, data: Buffer.alloc(SECTOR, 0x22) },
  ];
  const disk = bootDisk({ extents, entry: 0x100040, argument: 0x20000 });
  const table = bootConstants().get("TABLE")!;
  const words = Array.from({ length: 9 }, (_, index) => disk.readUInt32LE(table + index * 4));
  const rest = [1, 2, 0x100000, 3, 1, 0x20000, 0];
  expect(words).toEqual([0x100040, 0x20000, ...rest]);
  expect(disk.readUInt16LE(SECTOR - 2)).toBe(0xaa55);
  expect([disk[SECTOR], disk[2 * SECTOR], disk[2 * SECTOR + 1], disk[3 * SECTOR]]).toEqual([
    0x11, 0x11, 0, 0x22,
  ]);
  expect(disk.length % CYLINDER).toBe(0);
});

it("a boot sector refuses more than its table holds", () => {
  const extents = Array.from({ length: 10 }, () => ({ address: 0, data: Buffer.alloc(1) }));
  expect(() => bootDisk({ extents, entry: 0, argument: 0 })).toThrow("10 extents");
});

it("a multiboot kernel finds its modules and its command line, and zeros behind its data", () => {
  const kernel = Buffer.alloc(96);
  const [magic, flags, start, end, entry] = [0x1badb002, 0x10000, 0x100000, 0x103000, 0x100040];
  [magic, flags, 0, start + 8, start, start + 96, end, entry].forEach((word, index) => {
    kernel.writeUInt32LE(word, 8 + index * 4);
  });
  const modules = [Buffer.from("first"), Buffer.from("second")];
  const boot = multiboot(kernel, modules, "loader 4c");
  const [image, info, ...placed] = boot.extents;
  expect([image!.address, image!.data.length, boot.entry]).toEqual([start, end - start, entry]);
  expect(placed.map(({ address }) => address)).toEqual([0x103000, 0x104000]);
  const data = Buffer.from(info!.data);
  const pointer = (at: number) => data.readUInt32LE(at) - info!.address;
  expect(boot.argument).toBe(info!.address);
  expect(data.toString("latin1", pointer(16))).toBe("loader 4c\0");
  expect(data.readUInt32LE(20)).toBe(2);
  const list = pointer(24);
  expect(data.readUInt32LE(list + 16)).toBe(0x104000);
  expect(data.readUInt32LE(list + 20)).toBe(0x104000 + "second".length);
});
