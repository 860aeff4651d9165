// The original's parts, as JAILHOUSE_ORIGINAL=DIR names them; docs/metal.md says how DIR is made.

import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";

/** Absolute paths. */
export interface Original {
  readonly image: string;
  readonly driver: string;
  /** Its command; undefined: not there. */
  readonly tool: string | undefined;
  /** Its apic-demo, linked to address 0; undefined: not there. */
  readonly apicDemo: string | undefined;
  /** Its system configuration; undefined: ours is used, the format being the same. */
  readonly system: string | undefined;
}

/** Where each part may be, below DIR: in a directory of its own, or in the original's build tree. */
const places = (image: string) => ({
  image: [image, `hypervisor/${image}`],
  driver: ["jailhouse.ko", "driver/jailhouse.ko"],
  tool: ["jailhouse", "tools/jailhouse"],
  apicDemo: ["apic-demo.bin", "inmates/demos/x86/apic-demo.bin"],
  // Never one of its build tree: what it ships does not fit the bed.
  system: ["system.cell"],
});

/** Finds the parts, with the image of this name. Throws, with the places that were looked at, when image or driver is missing. */
export function findOriginal(directory: string, imageName: string): Original {
  const all = places(imageName);
  const find = (part: keyof typeof all): string | undefined =>
    all[part]
      .map((place) => resolve(directory, place))
      .find((path) => existsSync(path) && statSync(path).isFile());
  const need = (part: "image" | "driver"): string => {
    const path = find(part);
    if (path) return path;
    const looked = all[part].map((place) => join(directory, place)).join(" nor ");
    throw new Error(`JAILHOUSE_ORIGINAL: there is neither ${looked}. docs/metal.md has the list.`);
  };
  return {
    image: need("image"),
    driver: need("driver"),
    tool: find("tool"),
    apicDemo: find("apicDemo"),
    system: find("system"),
  };
}
