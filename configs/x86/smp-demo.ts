// smp-demo: all CPUs but the first, with nothing but memory and COM2.
import { defineCell, MiB } from "../../config/index.ts";

const COM2 = 0x2f8;

export default defineCell({
  name: "smp-demo",
  flags: ["passive-commreg", "virtual-console-permitted"],
  cpus: [1, 2, 3],
  memory: [
    {
      physical: 0x3ee00000,
      virtual: 0,
      size: MiB(1),
      flags: ["read", "write", "execute", "loadable"],
    },
    { virtual: 0x100000, size: 0x1000, flags: ["read", "write", "comm-region"] },
  ],
  ports: [{ base: COM2, length: 8 }],
  console: { type: "8250", address: COM2 },
});
