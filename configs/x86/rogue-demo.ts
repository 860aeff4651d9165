// rogue-demo: a cell for an inmate that breaks the rules. It runs beside apic-demo (another CPU, COM2 instead of COM1) and
// has a page at 0x180000 that it may read but not write.
import { commRegion, defineCell, lowRam, uart } from "../../config/index.ts";

export default defineCell({
  name: "rogue-demo",
  flags: ["passive-commreg", "virtual-console-permitted"],
  cpus: [2],
  memory: [
    lowRam({ physical: 0x3ed00000 }),
    commRegion(),
    { physical: 0x3ec00000, virtual: 0x180000, size: 0x1000, flags: ["read"] },
  ],
  devices: [uart("COM2")],
  console: "COM2",
});
