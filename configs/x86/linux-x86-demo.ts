// linux-x86-demo: a cell for a Linux, started by a loader at 0. Block device, console and network are links to the root cell.
import { commRegion, defineCell, ioapic, lowRam, MiB, uart } from "../../config/index.ts";
import { block, demo, network, terminal } from "./shared/links.ts";

/** Pins of COM2 and COM1. */
const UART_PINS = [3, 4];

export default defineCell({
  name: "linux-x86-demo",
  flags: ["passive-commreg", "virtual-console-permitted"],
  cpus: [2, 3],
  cpuResetAddress: 0,
  memory: [
    // The loader and its parameters.
    lowRam({ physical: 0x3a600000, dma: true }),
    commRegion(),
    // Linux.
    lowRam({ physical: 0x3a700000, virtual: 0x200000, size: MiB(71), dma: true }),
  ],
  caches: [{ start: 0, size: 2 }],
  irqchips: [ioapic(UART_PINS)],
  devices: [uart("COM2"), uart("COM1"), uart({ name: "serial card", port: 0xe010 })],
  pciDevices: [
    block.end(1, "virtio-front-block"),
    terminal.end(1, "virtio-front-console"),
    demo.end(2),
    network.end(1),
  ],
});
