// What the guest's copies of the shipped configurations differ by.
import { expect, it } from "vitest";
import { decode, encode } from "../../config/index.ts";
import apicDemo from "../../configs/x86/apic-demo.ts";
import qemuX86 from "../../configs/x86/qemu-x86.ts";
import { patient } from "./payload.ts";

it("a cell has more time for its answer, and is otherwise as configured", () => {
  const changed = decode(patient(encode(apicDemo)));
  expect(changed).toEqual({ ...decode(encode(apicDemo)), msgReplyTimeout: 2n ** 40n });
});

it("a system is as configured", () => {
  expect(new Uint8Array(patient(encode(qemuX86)))).toEqual(encode(qemuX86));
});
