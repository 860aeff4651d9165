// smp-demo: all CPUs but the first, with nothing but memory and COM2.
import { commRegion, defineCell, lowRam, uart } from "../../config/index.ts";

export default defineCell({
  name: "smp-demo",
  flags: ["passive-commreg", "virtual-console-permitted"],
  cpus: [1, 2, 3],
  memory: [lowRam({ physical: 0x3ee00000 }), commRegion()],
  devices: [uart("COM2")],
  console: "COM2",
});
