// ioapic-demo: a cell that owns one pin of the I/O APIC, the ACPI interrupt, and the ports of its source.
import { commRegion, defineCell, ioapic, lowRam, uart } from "../../config/index.ts";

const ACPI_PIN = 9;

export default defineCell({
  name: "ioapic-demo",
  flags: ["passive-commreg", "virtual-console-permitted"],
  cpus: [2],
  memory: [lowRam({ physical: 0x3ee00000 }), commRegion()],
  devices: [
    uart("COM2"),
    {
      name: "ACPI PM1 events",
      irqchips: [ioapic([ACPI_PIN])],
      ports: [{ base: 0x600, length: 4 }],
    },
  ],
  console: "COM2",
});
