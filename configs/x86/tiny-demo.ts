// tiny-demo: the smallest useful cell. It prints on COM2 and is never asked anything.
import { commRegion, defineCell, lowRam, uart } from "../../config/index.ts";

export default defineCell({
  name: "tiny-demo",
  flags: ["passive-commreg", "virtual-console-permitted"],
  cpus: [2],
  memory: [lowRam({ physical: 0x3ee00000 }), commRegion()],
  caches: [{ start: 2, size: 1 }],
  devices: [uart("COM2")],
  console: "COM2",
});
