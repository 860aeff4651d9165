// ioapic-demo: a cell that owns one pin of the I/O APIC, the ACPI interrupt, and the ports of its source.
import { defineCell, MiB } from "../../config/index.ts";

const COM2 = 0x2f8;
const PM1_EVENTS = 0x600;

export default defineCell({
  name: "ioapic-demo",
  flags: ["passive-commreg", "virtual-console-permitted"],
  cpus: [2],
  memory: [
    {
      physical: 0x3ee00000,
      virtual: 0,
      size: MiB(1),
      flags: ["read", "write", "execute", "loadable"],
    },
    { virtual: 0x100000, size: 0x1000, flags: ["read", "write", "comm-region"] },
  ],
  irqchips: [{ address: 0xfec00000, id: 0xff00, pins: [9] }],
  ports: [
    { base: COM2, length: 8 },
    { base: PM1_EVENTS, length: 4 },
  ],
  console: { type: "8250", address: COM2 },
});
