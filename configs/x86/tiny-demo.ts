// tiny-demo: the smallest useful cell. It prints on COM2 and is never asked anything.
import { defineCell, MiB } from "../../config/index.ts";

const COM2 = 0x2f8;

export default defineCell({
  name: "tiny-demo",
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
  caches: [{ start: 2, size: 1 }],
  ports: [{ base: COM2, length: 8 }],
  console: { type: "8250", address: COM2 },
});
