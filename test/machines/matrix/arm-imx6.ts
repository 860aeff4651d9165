import { machine } from "../machine.ts";

export default machine({
  adds: "RAM that ends where mem= says, so that what is kept is in no list",
  vendor: "Arm",
  kernel: "4",
  oddity: "Arm, mem= on the command line",
  cpus: 2,
  iomem: `
02020000-02023fff : 2020000.serial
10000000-4fffffff : System RAM
  10008000-10bfffff : Kernel code`,
});
