// apic-demo: a CPU that measures the jitter of its own timer. It may print through COM1, COM2, or the hypervisor.
import { commRegion, defineCell, lowRam, uart } from "../../config/index.ts";

export default defineCell({
  name: "apic-demo",
  flags: ["virtual-console-permitted"],
  cpus: [3],
  memory: [lowRam({ physical: 0x3ef00000 }), commRegion()],
  caches: [{ start: 0, size: 2 }],
  devices: [uart("COM2"), uart("COM1"), uart({ name: "serial card", port: 0xe010 })],
  console: "COM1",
});
