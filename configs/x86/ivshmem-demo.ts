// ivshmem-demo: a cell that shares memory with the root cell and with linux-x86-demo, and sends them interrupts.
import { commRegion, defineCell, lowRam, uart } from "../../config/index.ts";
import { demo } from "./shared/links.ts";

export default defineCell({
  name: "ivshmem-demo",
  flags: ["passive-commreg", "virtual-console-permitted"],
  cpus: [1],
  memory: [lowRam({ physical: 0x3ee00000 }), commRegion()],
  devices: [uart("COM2"), uart("COM1")],
  pciDevices: [demo.end(1)],
  console: "COM1",
});
