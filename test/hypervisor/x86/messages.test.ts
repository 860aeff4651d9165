// MSI and MSI-X: a device interrupts its cell's CPUs and does nothing else.
import { beforeEach, describe, expect, test } from "vitest";
import * as hc from "../../../abi/hypercall.ts";
import * as pci from "../../../abi/pci.ts";
import { ACCESS_WRITE } from "../../../abi/platform.ts";
import { type Message, MSI, MSIX, TABLE } from "./pci-model.ts";
import {
  cellGuest,
  create,
  devices,
  forget,
  guest,
  load,
  OWNED,
  owned,
  ROOTS,
  setUp,
  setUpMixed,
  store,
  write,
} from "./pci-world.ts";

beforeEach(setUp);

const MINE = { address: 0xfee03000n, data: 0x4031 };
const THEIRS = { address: 0xfee00000n, data: 0x4031 };
const BAD_MESSAGES: readonly (readonly [string, Message])[] = [
  ["to another cell's CPU", THEIRS],
  ["to all CPUs", { address: 0xfeeff000n, data: 0x31 }],
  ["to a logical destination of others", { address: 0xfee01004n, data: 0x31 }],
  ["to nobody", { address: 0xfee00004n, data: 0x31 }],
  ["to memory", { address: 0x3000n, data: 0x31 }],
  ["to memory above 4 GiB", { address: 0x1_fee0_3000n, data: 0x31 }],
  ["that is an SMI", { ...MINE, data: 0x231 }],
  ["that is an NMI", { ...MINE, data: 0x431 }],
  ["that is an INIT", { ...MINE, data: 0x531 }],
  ["of an external controller", { ...MINE, data: 0x731 }],
];
const GOOD_MESSAGES: readonly (readonly [string, Message])[] = [
  ["to its CPU", MINE],
  ["to its logical destination", { address: 0xfee08004n, data: 0x31 }],
  ["of lowest priority", { address: 0xfee0800cn, data: 0x131 }],
];
const WARNING =
  "WARNING: CPU 3 specified MSI destination outside cell boundaries, device 00:02.0\n";

describe("MSI", () => {
  const enable = () => write(cellGuest(), OWNED, MSI + 2, 2, pci.MSI_IS_64 | pci.MSI_ENABLE);
  const compose = ({ address, data }: Message) => {
    write(cellGuest(), OWNED, MSI + 4, 4, Number(address & 0xffffffffn));
    write(cellGuest(), OWNED, MSI + 8, 4, Number(address >> 32n));
    write(cellGuest(), OWNED, MSI + 0xc, 2, data);
  };

  beforeEach(() => {
    expect(create()).toBe(0);
    forget();
  });

  test.each(GOOD_MESSAGES)("%s is enabled", (_name, message) => {
    compose(message);
    expect(enable()).toBe(1);
    expect(owned().msi).toEqual(message);
    expect(guest.output()).toBe("");
  });

  test.each(BAD_MESSAGES)("%s stays disabled", (_name, message) => {
    compose(message);
    expect(enable()).toBe(1);
    expect(owned().msi).toBeUndefined();
    expect(guest.output()).toBe(WARNING);
  });

  test.each(BAD_MESSAGES)("%s does not replace an enabled one", (_name, message) => {
    compose(MINE);
    enable();
    compose(message);
    const { address, data } = owned().msi!;
    expect([MINE.address, message.address]).toContain(address);
    expect([MINE.data, message.data]).toContain(data);
    expect(owned().msi).not.toEqual(message);
    expect(guest.output()).toContain(WARNING);
  });

  test("cannot pretend to have 32-bit addresses", () => {
    compose({ ...MINE, data: 0x231 });
    write(cellGuest(), OWNED, MSI + 2, 2, pci.MSI_ENABLE);
    expect(owned().msi).toBeUndefined();
    expect(guest.output()).toBe(WARNING);
  });

  test("with 32-bit addresses has its data 4 bytes earlier", () => {
    owned().space.setUint16(MSI + 2, 0, true);
    write(cellGuest(), OWNED, MSI + 4, 4, 0xfee03000);
    write(cellGuest(), OWNED, MSI + 8, 2, 0x231);
    write(cellGuest(), OWNED, MSI + 2, 2, pci.MSI_ENABLE);
    expect(owned().msi).toBeUndefined();
    write(cellGuest(), OWNED, MSI + 8, 2, 0x31);
    write(cellGuest(), OWNED, MSI + 2, 2, pci.MSI_ENABLE);
    expect(owned().msi).toBeDefined();
  });

  test("of the root cell ends when its CPU goes to a cell", () => {
    const device = devices.get(ROOTS)!;
    device.space.setBigUint64(MSI + 4, 0xfee02000n, true);
    device.space.setUint16(MSI + 0xc, 0x31, true);
    device.write(MSI + 2, 2, pci.MSI_ENABLE);
    const second = { name: "b", id: 2, flags: 0, regions: [], devices: [], caps: [] };
    expect(create({ ...second, cpus: [1] })).toBe(0);
    expect(device.msi).toBeDefined();
    expect(create({ ...second, name: "c", id: 3, cpus: [2] })).toBe(0);
    expect(device.msi).toBeUndefined();
  });
});

describe("of a cell in x2APIC mode", () => {
  const LOGICAL = 0xfee08004n;
  const PHYSICAL = 0xfee03000n;
  const field = (offset: number) => TABLE + BigInt(16 + offset);

  beforeEach(() => {
    setUpMixed();
    expect(create()).toBe(0);
    forget();
  });

  test.each([
    ["flat logical", LOGICAL],
    ["flat logical, of lowest priority", 0xfee0800cn],
    ["physical", PHYSICAL],
  ])("MSI, %s, reaches the CPU's id", (_name, address) => {
    write(cellGuest(), OWNED, MSI + 4, 4, Number(address));
    write(cellGuest(), OWNED, MSI + 8, 4, 0);
    write(cellGuest(), OWNED, MSI + 0xc, 2, 0x31);
    write(cellGuest(), OWNED, MSI + 2, 2, pci.MSI_IS_64 | pci.MSI_ENABLE);
    expect(owned().msi).toEqual({ address: PHYSICAL, data: 0x31 });
    write(cellGuest(), OWNED, MSI + 4, 4, Number(address));
    expect(owned().msi).toEqual({ address: PHYSICAL, data: 0x31 });
    expect(guest.output()).toBe("");
  });

  test("MSI, written by bytes, reaches the CPU's id", () => {
    for (const [at, byte] of [0x04, 0x80, 0xe0, 0xfe].entries())
      write(cellGuest(), OWNED, MSI + 4 + at, 1, byte);
    write(cellGuest(), OWNED, MSI + 2, 2, pci.MSI_IS_64 | pci.MSI_ENABLE);
    expect(owned().msi?.address).toBe(PHYSICAL);
  });

  test("MSI that a former owner left with a logical destination is not enabled", () => {
    owned().space.setBigUint64(MSI + 4, LOGICAL, true);
    write(cellGuest(), OWNED, MSI + 2, 2, pci.MSI_IS_64 | pci.MSI_ENABLE);
    expect(owned().msi).toBeUndefined();
    expect(guest.output()).toBe(WARNING);
  });

  test("MSI-X, flat logical, reaches the CPU's id", () => {
    write(cellGuest(), OWNED, pci.PCI_REG_COMMAND, 2, 2);
    write(cellGuest(), OWNED, MSIX + 2, 2, pci.MSIX_ENABLE);
    expect(store(cellGuest(), field(0), LOGICAL)).toBe(1);
    expect(store(cellGuest(), field(8), 0x31n)).toBe(1);
    expect(store(cellGuest(), field(12), 0n)).toBe(1);
    expect(owned().unmasked).toEqual([{ address: PHYSICAL, data: 0x31 }]);
    expect(guest.output()).toBe("");
  });

  test.each(BAD_MESSAGES)("%s stays disabled", (_name, { address, data }) => {
    write(cellGuest(), OWNED, MSI + 4, 4, Number(address & 0xffffffffn));
    write(cellGuest(), OWNED, MSI + 8, 4, Number(address >> 32n));
    write(cellGuest(), OWNED, MSI + 0xc, 2, data);
    write(cellGuest(), OWNED, MSI + 2, 2, pci.MSI_IS_64 | pci.MSI_ENABLE);
    expect(owned().msi).toBeUndefined();
    expect(guest.output()).toBe(WARNING);
  });

  test("the root cell's are as it writes them", () => {
    write(guest, ROOTS, MSI + 4, 4, 0xfee03004);
    write(guest, ROOTS, MSI + 0xc, 2, 0x31);
    write(guest, ROOTS, MSI + 2, 2, pci.MSI_IS_64 | pci.MSI_ENABLE);
    expect(devices.get(ROOTS)!.msi).toEqual({ address: 0xfee03004n, data: 0x31 });
  });
});

describe("MSI-X", () => {
  const field = (entry: number, offset: number) => TABLE + BigInt(entry * 16 + offset);
  const compose = (entry: number, { address, data }: Message) => {
    expect(store(cellGuest(), field(entry, 0), address & 0xffffffffn)).toBe(1);
    expect(store(cellGuest(), field(entry, 4), address >> 32n)).toBe(1);
    expect(store(cellGuest(), field(entry, 8), BigInt(data))).toBe(1);
  };
  const unmask = (entry: number) => expect(store(cellGuest(), field(entry, 12), 0n)).toBe(1);

  beforeEach(() => {
    expect(create()).toBe(0);
    write(cellGuest(), OWNED, pci.PCI_REG_COMMAND, 2, 2);
    write(cellGuest(), OWNED, MSIX + 2, 2, pci.MSIX_ENABLE);
    expect(owned().msixEnabled).toBe(true);
    forget();
  });

  test.each(GOOD_MESSAGES)("%s is unmasked", (_name, message) => {
    compose(2, message);
    unmask(2);
    expect(owned().unmasked).toEqual([message]);
    expect(load(cellGuest(), field(2, 12))).toBe(0n);
    expect(guest.output()).toBe("");
  });

  test.each(BAD_MESSAGES)("%s stays masked", (_name, message) => {
    compose(1, message);
    unmask(1);
    expect(owned().unmasked).toEqual([]);
    expect(load(cellGuest(), field(1, 12))).toBe(1n);
    expect(guest.output()).toBe(WARNING);
  });

  test.each(BAD_MESSAGES)("%s does not replace one that is unmasked", (_name, message) => {
    compose(3, MINE);
    unmask(3);
    compose(3, message);
    expect(owned().unmasked).not.toEqual([message]);
    expect(guest.output()).toContain(WARNING);
  });

  test("what follows the table in its region is passed on", () => {
    expect(load(cellGuest(), TABLE + 0x800n)).toBe(0n);
    expect(store(cellGuest(), TABLE + 0x800n, 5n)).toBe(1);
    expect(guest.platform.takeRecord()).toEqual(["mmioWrite 0xfe000800 0x4 0x5"]);
  });

  test.each([
    ["bytes", [0x88, 0x03], TABLE],
    ["quadwords", [0x48, 0x89, 0x03], TABLE],
    ["unaligned dwords", [0x89, 0x03], TABLE + 2n],
    ["what follows its region", [0x89, 0x03], TABLE + 0x1000n],
  ])("%s stop the CPU", (_name, code, address) => {
    cellGuest().code(code);
    expect(cellGuest().mmio(address, ACCESS_WRITE)).toBe(0);
  });

  test("the table is only its cell's", () => {
    expect(store(guest, TABLE, 0n)).toBe(0);
    guest.platform.hypercall(0, hc.HC_CELL_DESTROY, 1n);
    expect(store(guest, TABLE, 0x1234n)).toBe(1);
    expect(store(cellGuest(), TABLE, 0n)).toBe(1);
  });

  test("is not mapped", () => {
    expect(guest.platform.spaces.get(1)!.pages.has(TABLE >> 12n)).toBe(false);
  });

  test("is not enabled where the configuration has no table", () => {
    guest.platform.hypercall(0, hc.HC_CELL_DESTROY, 1n);
    expect(create({ devices: [{ bdf: OWNED, caps: [0, 2] }] })).toBe(0);
    forget();
    expect(write(cellGuest(), OWNED, MSIX + 2, 2, pci.MSIX_ENABLE)).toBe(1);
    expect(owned().msixEnabled).toBe(false);
    expect(guest.output()).toBe(WARNING);
  });

  test("of the root cell ends when its CPU goes to a cell", () => {
    guest.platform.hypercall(0, hc.HC_CELL_DESTROY, 1n);
    owned().write(pci.PCI_REG_COMMAND, 2, 2);
    owned().table.set([0xfee03000, 0, 0x31, 0, 0xfee02000, 0, 0x32, 0]);
    expect(create({ devices: [], caps: [] })).toBe(0);
    expect(owned().unmasked).toEqual([{ address: 0xfee02000n, data: 0x32 }]);
  });
});
