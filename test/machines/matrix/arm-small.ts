import { machine } from "../machine.ts";

export default machine({
  adds: "registers of eight bytes, RAM from 0",
  vendor: "Arm",
  kernel: "5",
  oddity: "Arm, registers of eight bytes",
  iomem: `
00000000-3b3fffff : System RAM
  00080000-00ffffff : Kernel code
fe201000-fe2011ff : serial@7e201000
fe215000-fe215007 : fe215000.aux`,
});
