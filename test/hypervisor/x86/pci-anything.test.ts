// Whatever a cell writes to configuration space and MSI-X tables, hardware stays within the rules.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as pci from "../../../abi/pci.ts";
import { ENTRIES, type Message, ModelDevice, MSI, MSIX, TABLE } from "./pci-model.ts";
import {
  BRIDGE,
  cellGuest,
  create,
  devices,
  ecam,
  OWNED,
  owned,
  ROOTS,
  setUp,
  store,
  UNLISTED,
  write,
} from "./pci-world.ts";

/** What a device is told to send: lower half of the address, data. */
interface Attempt {
  readonly low: number;
  readonly data: number;
}

describe("whatever a cell writes", () => {
  const isAllowed = ({ address, data }: Message) =>
    (data & 0x700) <= 0x100 &&
    address >> 32n === 0n &&
    (address & 0xfff00000n) === 0xfee00000n &&
    (address & 4n ? (address & 0xff000n) === 0x8000n : (address & 0xff000n) === 0x3000n);
  const value = fc.oneof(
    fc.integer({ min: 0, max: 0xffffffff }),
    fc.constantFrom(
      0xfee03000,
      0xfee00000,
      0xfee08004,
      0xfee10004,
      0,
      1,
      0x31,
      0x231,
      0x81,
      0x810081,
    ),
    fc.constantFrom(0x8000, 0xc000, 0x80000000, 0x810005, 0x10005, 2, 7),
  );
  const register = fc.oneof(
    fc.integer({ min: 0, max: 0xff }),
    fc.constantFrom(4, MSI, MSI + 2, MSI + 4, MSI + 8, MSI + 0xc, MSIX, MSIX + 2, MSIX + 4, 0x100),
  );
  const operation = fc.record({
    kind: fc.constantFrom("port", "memory", "table", "msi", "entry"),
    message: fc.record({
      low: fc.constantFrom(0xfee03000, 0xfee08004, 0xfee00000, 0xfee10004, 0x3000),
      data: fc.constantFrom(0x31, 0x4132, 0x231),
    }),
    bdf: fc.constantFrom(OWNED, OWNED, OWNED, ROOTS, UNLISTED, BRIDGE, 0xff00),
    register,
    size: fc.constantFrom(1, 2, 4),
    value,
  });

  const sendMsi = ({ low, data }: Attempt) => {
    write(cellGuest(), OWNED, MSI + pci.MSI_ADDRESS, 4, low);
    write(cellGuest(), OWNED, MSI + pci.MSI_ADDRESS_HIGH, 4, 0);
    write(cellGuest(), OWNED, MSI + pci.MSI_DATA_64, 2, data);
    write(cellGuest(), OWNED, MSI + pci.MSI_CONTROL, 2, pci.MSI_ENABLE);
  };
  const sendEntry = (entry: number, { low, data }: Attempt) => {
    [low, 0, data, 0].forEach((value, field) => {
      store(cellGuest(), TABLE + BigInt(entry * pci.MSIX_ENTRY + 4 * field), BigInt(value));
    });
  };

  test("no device sends or does what it must not", () => {
    let enabled = 0;
    let unmasked = 0;
    fc.assert(
      fc.property(fc.array(operation, { minLength: 1, maxLength: 40 }), (operations) => {
        setUp();
        expect(create()).toBe(0);
        const fresh = new ModelDevice();
        write(cellGuest(), OWNED, pci.PCI_REG_COMMAND, 2, 7);
        for (const { kind, bdf, register, size, value, message } of operations) {
          const at = register & ~(size - 1);
          if (kind === "port") write(cellGuest(), bdf, at, size, value);
          else if (kind === "memory") store(cellGuest(), ecam(bdf, at), BigInt(value), size);
          else if (kind === "table")
            store(cellGuest(), TABLE + BigInt(register & 0x3c), BigInt(value));
          else if (kind === "msi") sendMsi(message);
          else sendEntry(register % ENTRIES, message);
          const device = owned();
          expect(device.msi === undefined || isAllowed(device.msi)).toBe(true);
          if (device.msi) enabled++;
          if (device.unmasked.length > 0) unmasked++;
          expect(device.unmasked.every(isAllowed)).toBe(true);
        }
        // Of the header: BARs, ROM, interrupt pin; then what has no capability, or one without the flag.
        for (const [first, end] of [
          [0x10, 0x3c],
          [0x3d, 0x50],
          [0x60, 0x70],
          [0x7c, 0x100],
        ] as const)
          for (let byte = first; byte < end; byte++)
            expect(owned().read(byte, 1), `byte ${byte}`).toBe(fresh.read(byte, 1));
        for (const bdf of [ROOTS, UNLISTED, BRIDGE])
          expect(devices.get(bdf)!.space.buffer).toEqual(fresh.space.buffer);
      }),
      { numRuns: 200 },
    );
    // It has come that far.
    expect(enabled).toBeGreaterThan(0);
    expect(unmasked).toBeGreaterThan(0);
  });
});
