// Devices of a PC that read and write memory on command and are no PCI devices: whoever has one has the whole machine.
import * as abi from "../abi/config.ts";
import * as dma from "../abi/x86/dma.ts";
import { HPET_FIRST, HPET_SIZE } from "../abi/x86/hpet.ts";
import type { Cell, PortRange } from "./types.ts";

/** Ports of such a device. */
export interface BusMaster extends PortRange {
  readonly name: string;
}

const range = (base: number, end: number, name: string): BusMaster => ({
  base,
  length: end - base,
  name,
});

const PAGES = "the DMA controllers' pages";

/** The ports that the hypervisor gives to trusted cells only. */
export const BUS_MASTER_PORTS: readonly BusMaster[] = [
  range(dma.DMA_FIRST, dma.DMA_END, "the DMA controller"),
  range(dma.DMA_PAGES_FIRST, dma.DMA_PAGES_END, PAGES),
  range(dma.DMA_PAGES_AGAIN_FIRST, dma.DMA_PAGES_AGAIN_END, PAGES),
  range(dma.DMA_WIDE_FIRST, dma.DMA_WIDE_END, "the second DMA controller"),
  range(dma.DMA_HIGH_PAGES_FIRST, dma.DMA_HIGH_PAGES_END, PAGES),
  range(dma.FIRMWARE_CONFIG_FIRST, dma.FIRMWARE_CONFIG_END, "QEMU's firmware configuration"),
];

/** The pages in which chipsets have the HPET. */
export const HPET_PAGES = { start: BigInt(HPET_FIRST), size: BigInt(HPET_SIZE) } as const;

/** The bus master that has one of the ports, or undefined. */
export function busMasterAt({ base, length }: PortRange): BusMaster | undefined {
  return BUS_MASTER_PORTS.find(
    (one) => base < one.base + one.length && one.base < base + length && length > 0,
  );
}

/** Whether a cell other than the root cell is trusted with devices that reach all memory. */
export const isTrusted = ({ flags }: Cell): boolean => (flags & abi.CELL_FLAG_UNGUARDED_DMA) !== 0;
