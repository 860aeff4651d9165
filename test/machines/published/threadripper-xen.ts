import { hostBridge, machine, pcPorts } from "../machine.ts";

export default machine({
  source: "https://github.com/QubesOS/qubes-issues/issues/6439",
  taken:
    "reserved ef800000, efc00000, efd00000-efd7ffff, fec30000, fedc2000-fedcffff, fedd4000, 87f300000 and fd00000000 on; RAM from 100000000",
  adds: "an IOMMU of half a MiB, whose features tell of counters, far below the others; a reserved end of high RAM",
  vendor: "AuthenticAMD",
  kernel: "5",
  oddity: "IOMMU with counters",
  iomem: `
00000000-0009ffff : System RAM
00100000-09cfffff : System RAM
09d00000-09ffffff : Reserved
0a000000-7bffffff : System RAM
ef800000-ef8fffff : Reserved
efc00000-efc00fff : Reserved
efd00000-efd7ffff : Reserved
  efd00000-efd7ffff : amd_iommu
fea00000-feafffff : Reserved
fec00000-fec00fff : Reserved
  fec00000-fec003ff : IOAPIC 0
fec10000-fec10fff : Reserved
fec30000-fec30fff : Reserved
fed00000-fed00fff : Reserved
  fed00000-fed003ff : HPET 0
fed40000-fed44fff : Reserved
fed80000-fed8ffff : Reserved
fedc0000-fedc0fff : Reserved
fedc2000-fedcffff : Reserved
fedd4000-fedd5fff : Reserved
fee00000-feefffff : Reserved
ff000000-ffffffff : Reserved
100000000-87f2fffff : System RAM
87f300000-87fffffff : Reserved
fd00000000-ffffffffff : Reserved`,
  ioports: pcPorts(0x808),
  ioapics: [[128, 0xfec00000, 0]],
  iommus: [{ kind: "amd", base: 0xefd00000, features: (2 << 13) | (8 << 17) }],
  pci: [hostBridge("1022:1450"), { at: "00:00.2", ids: "1022:1451", class: 0x0806 }],
});
