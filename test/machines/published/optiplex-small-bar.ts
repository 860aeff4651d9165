import { hostBridge, machine, pcPorts } from "../machine.ts";

export default machine({
  source: "https://github.com/projectacrn/acrn-hypervisor/issues/5233",
  taken:
    "SMBus 8086:a123 with 256 bytes of registers at f714a000 and ports f040-f05f, audio with BARs at f7140000 and f7120000, network at f7100000, an NVMe card with ports e000-e0ff",
  adds: "registers smaller than a page, a card with ports that no driver has",
  vendor: "GenuineIntel",
  kernel: "4",
  oddity: "registers below a page",
  iomem: `
00000000-0009ffff : System RAM
00100000-c7ffffff : System RAM
f7000000-f7ffffff : PCI Bus 0000:00
  f7000000-f70fffff : PCI Bus 0000:02
    f7000000-f7003fff : 0000:02:00.0
      f7000000-f7003fff : nvme
  f7100000-f711ffff : 0000:00:1f.6
  f7120000-f712ffff : 0000:00:1f.3
  f7140000-f7143fff : 0000:00:1f.3
  f714a000-f714a0ff : 0000:00:1f.4
fec00000-fec003ff : IOAPIC 0
fee00000-fee00fff : Local APIC
100000000-234ffffff : System RAM`,
  ioports: pcPorts(0x1808),
  ioapics: [[2, 0xfec00000, 0]],
  iommus: [{ kind: "intel", base: 0xfed90000 }],
  pci: [
    hostBridge("8086:191f"),
    { at: "00:1f.0", ids: "8086:a146", class: 0x0601 },
    {
      at: "00:1f.3",
      ids: "8086:a170",
      class: 0x0403,
      bars: [
        [0xf7140000, 0x4000, "wide"],
        undefined,
        undefined,
        undefined,
        [0xf7120000, 0x10000, "wide"],
      ],
    },
    {
      at: "00:1f.4",
      ids: "8086:a123",
      class: 0x0c05,
      bars: [[0xf714a000, 0x100, "wide"], undefined, undefined, undefined, [0xf040, 0x20, "ports"]],
    },
    { at: "00:1f.6", ids: "8086:15b8", class: 0x0200, bars: [[0xf7100000, 0x20000]] },
    {
      at: "02:00.0",
      ids: "144d:a802",
      class: 0x0108,
      bars: [[0xf7000000, 0x4000, "wide"], undefined, [0xe000, 0x100, "ports"]],
    },
  ],
});
