// All files that a bed needs to run a guest, made from what is built and installed here.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Entry, writeCpio } from "../../control/guest/cpio.ts";
import { collectModules } from "../../control/guest/modules.ts";
import { buildAgent } from "./agent.ts";
import type { Bed } from "./beds/bed.ts";
import { emptyDisk, nodeDisk } from "./disk.ts";
import { driverFor } from "./driver.ts";
import { firmware } from "./firmware.ts";
import { findKernel, type Kernel } from "./kernel.ts";
import { AGENT_PACKAGES, BUILD_PACKAGES, GUEST_PACKAGES, requirePackages } from "./packages.ts";
import { guestTree } from "./payload.ts";

/** Absolute paths. */
export interface GuestImage {
  readonly kernel: string;
  readonly initramfs: string;
  readonly disk: string;
}

export interface GuestImageOptions {
  /** Told what takes long. */
  readonly say?: (text: string) => void;
  /** More files, by their paths in the guest without the leading slash. */
  readonly extra?: ReadonlyMap<string, Entry>;
  /** The guest gets the driver and the hypervisor's image, built where they are not up to date. */
  readonly jailhouse?: boolean;
  /** Another kernel than the one whose headers are installed. */
  readonly kernel?: Kernel;
}

/** The processor's registers for `hardware check`. */
const MODULES = ["msr"];

function readFirmware(say?: (text: string) => void): ReadonlyMap<string, Buffer> {
  return new Map([...firmware(say)].map(([name, path]) => [name, readFileSync(path)]));
}

/**
 * Makes a guest's files for a bed; `remove` deletes those that are not kept in the cache. Throws MissingPackages when something is
 * not installed.
 */
export async function makeGuestImage(
  bed: Bed,
  { say, extra, jailhouse, ...options }: GuestImageOptions = {},
): Promise<{
  readonly image: GuestImage;
  readonly remove: () => void;
}> {
  requirePackages([
    ...GUEST_PACKAGES,
    ...(jailhouse ? BUILD_PACKAGES : []),
    ...(bed.isSlow ? AGENT_PACKAGES : []),
  ]);
  const kernel = options.kernel ?? findKernel(say);
  const disk = bed.isSlow ? emptyDisk(say) : nodeDisk(say);
  const parts = {
    disk,
    modules: await collectModules(kernel.modules, [...disk.modules, ...MODULES, ...bed.modules]),
    firmware: jailhouse ? readFirmware(say) : undefined,
    agent: bed.isSlow ? readFileSync(buildAgent()) : undefined,
    driver: jailhouse ? readFileSync(driverFor(kernel, say)) : undefined,
    extra,
  };
  const directory = mkdtempSync(join(tmpdir(), "jailhouse-guest-"));
  const initramfs = join(directory, "initramfs.cpio");
  writeFileSync(initramfs, writeCpio(guestTree(parts)));
  return {
    image: { kernel: kernel.image, initramfs, disk: disk.image },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}
