// rogue-demo: a cell for an inmate that breaks the rules. It runs beside apic-demo (another CPU, COM2 instead of COM1) and
// has a page at 0x180000 that it may read but not write.
import { defineCell, MiB } from "../../config/index.ts";

const COM2 = 0x2f8;

export default defineCell({
  name: "rogue-demo",
  flags: ["passive-commreg", "virtual-console-permitted"],
  cpus: [2],
  memory: [
    {
      physical: 0x3ed00000,
      virtual: 0,
      size: MiB(1),
      flags: ["read", "write", "execute", "loadable"],
    },
    { virtual: 0x100000, size: 0x1000, flags: ["read", "write", "comm-region"] },
    { physical: 0x3ec00000, virtual: 0x180000, size: 0x1000, flags: ["read"] },
  ],
  ports: [{ base: COM2, length: 8 }],
  console: { type: "8250", address: COM2 },
});
