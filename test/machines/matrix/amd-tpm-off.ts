import { hostBridge, machine, pcPorts } from "../machine.ts";

export default machine({
  adds: "a TPM at the top of the list on a machine that leaves its IOMMU alone already",
  vendor: "AuthenticAMD",
  kernel: "4",
  oddity: "TPM at the top",
  iomem: `
00000000-0009ffff : System RAM
00100000-7fffffff : System RAM
feb80000-febfffff : amd_iommu
fec00000-fec003ff : IOAPIC 0
fec01000-fec013ff : IOAPIC 1
fed40000-fed44fff : MSFT0101:00
  fed40000-fed44fff : MSFT0101:00 MSFT0101:00
fee00000-fee00fff : Local APIC`,
  ioports: pcPorts(0x808),
  ioapics: [
    [1, 0xfec00000, 0],
    [2, 0xfec01000, 24],
  ],
  cmdline: "quiet amd_iommu=off",
  iommus: [{ kind: "amd", base: 0xfeb80000, features: (4 << 13) | (2 << 17) }],
  pci: [hostBridge("1022:1450")],
});
