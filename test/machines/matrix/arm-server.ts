import { machine } from "../machine.ts";

export default machine({
  adds: "pages of an interrupt controller, which the hypervisor plays, and RAM in two places",
  vendor: "Arm",
  kernel: "5",
  oddity: "Arm, GIC in the list",
  iomem: `
08000000-0800ffff : GICD
080a0000-080fffff : GICR
80000000-fbffffff : System RAM
880000000-8ffffffff : System RAM
  8f0000000-8fbffffff : reserved`,
});
