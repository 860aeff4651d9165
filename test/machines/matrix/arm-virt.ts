import { machine } from "../machine.ts";

export default machine({
  adds: "memory that is kept inside of RAM, a UART by its node",
  vendor: "Arm",
  kernel: "6",
  oddity: "Arm, kept inside RAM",
  iomem: `
09000000-09000fff : pl011@9000000
40000000-7fffffff : System RAM
  40210000-41ffffff : Kernel code
  7c000000-7fffffff : reserved`,
});
