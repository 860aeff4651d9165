// apic-demo: a CPU that measures the jitter of its own timer. It may print through COM1, COM2, or the hypervisor.
import { defineCell, MiB } from "../../config/index.ts";

const COM1 = 0x3f8;

export default defineCell({
  name: "apic-demo",
  flags: ["virtual-console-permitted"],
  cpus: [3],
  memory: [
    {
      physical: 0x3ef00000,
      virtual: 0,
      size: MiB(1),
      flags: ["read", "write", "execute", "loadable"],
    },
    { virtual: 0x100000, size: 0x1000, flags: ["read", "write", "comm-region"] },
  ],
  caches: [{ start: 0, size: 2 }],
  ports: [
    { base: 0x2f8, length: 8 },
    { base: COM1, length: 8 },
    // A serial card, on some machines.
    { base: 0xe010, length: 8 },
  ],
  console: { type: "8250", address: COM1 },
});
