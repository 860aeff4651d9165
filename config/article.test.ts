import { expect, test } from "vitest";
import { withArticle } from "./article.ts";
import { defineCell, defineSystem } from "./index.ts";

test.each([
  [
    "an",
    "AMD IOMMU",
    "Arm part",
    "IOMMU unit",
    "irqchip",
    "I/O APIC",
    "MSI",
    "x86 part",
    "8250",
    "entry",
    "ivshmem device",
  ],
  ["an", "SMMU", "RTC", "HPET", "LPUART", "upper bound", "11-bit number", "object"],
  [
    "a",
    "PCI device",
    "PVU",
    "UART",
    "unit",
    "user",
    "cell",
    "GIC",
    "one-way street",
    "memory region",
    "Linux",
    "host",
    "USB port",
  ],
])("%s: %s …", (article, ...nouns) => {
  for (const noun of nouns) expect(withArticle(noun)).toBe(`${article} ${noun}`);
});

const amd = { type: "amd", base: 0xfeb80000, size: 0x1000 };
const root = { name: "r", cpus: [0] };
const memory = { physical: 0x1000000, size: 0x1000 };

test.each<[string, () => unknown]>([
  [
    "is not a key of an irqchip",
    () => defineCell({ name: "a", cpus: [1], irqchips: [{ addres: 1 }] } as never),
  ],
  [
    "an object with the keys of an irqchip",
    () => defineCell({ name: "a", cpus: [1], irqchips: [5] } as never),
  ],
  [
    "is not a key of an IOMMU unit",
    () =>
      defineSystem({
        hypervisorMemory: memory,
        rootCell: root,
        iommuUnits: [{ ...amd, x: 1 }],
      } as never),
  ],
  [
    "is not a key of an AMD IOMMU",
    () =>
      defineSystem({
        hypervisorMemory: memory,
        rootCell: root,
        iommuUnits: [{ ...amd, amd: { x: 1 } }],
      } as never),
  ],
  [
    "is not a key of a port range",
    () => defineCell({ name: "a", cpus: [1], ports: [{ bas: 1 }] } as never),
  ],
])("%s", (words, define) => {
  expect(define).toThrow(words);
});
