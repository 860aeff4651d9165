// The shared memory links of the machine, two MiB from 0x3f000000 on. A cell gets an end of those that it uses; the root cell
// has end 0 of each. Linux must not use this memory: memmap=82M$0x3a000000 covers it.
import { bdf, ivshmemLink, KiB } from "../../../config/index.ts";

/** All links are devices of a bus that the machine does not have. */
const BUS = 1;

/** Block device for a Linux cell (virtio over shared memory). */
export const block = ivshmemLink({
  bdf: bdf(BUS, 0xc, 0),
  physical: 0x3f000000,
  readWrite: KiB(892),
});

/** Console for a Linux cell (virtio over shared memory). */
export const terminal = ivshmemLink({
  bdf: bdf(BUS, 0xd, 0),
  physical: 0x3f0e0000,
  readWrite: KiB(60),
  vectors: 3,
});

/** The link of ivshmem-demo: three ends, memory that all write, and memory that each writes alone. */
export const demo = ivshmemLink({
  bdf: bdf(BUS, 0xe, 0),
  physical: 0x3f0f0000,
  readWrite: KiB(36),
  output: KiB(8),
  ends: 3,
  vectors: 16,
});

/** Network between the root cell and a Linux cell. */
export const network = ivshmemLink({
  bdf: bdf(BUS, 0xf, 0),
  physical: 0x3f100000,
  output: KiB(508),
  protocol: "veth",
});

/** End 0 of every link, for the root cell. */
export const rootEnds = [
  block.rootEnd(0, "virtio-back-block"),
  terminal.rootEnd(0, "virtio-back-console"),
  demo.rootEnd(0),
  network.end(0),
];
