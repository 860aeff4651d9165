// All files that QEMU needs to run a guest, made from what is built and installed here.

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../root.ts";
import { type Entry, writeCpio } from "./cpio.ts";
import { buildDisk } from "./disk.ts";
import { findKernel, type Kernel } from "./kernel.ts";
import { collectModules } from "./modules.ts";
import { GUEST_PACKAGES, requirePackages } from "./packages.ts";
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
  /** jailhouse.ko, for this kernel; undefined: the guest has none. */
  readonly driver?: (kernel: Kernel) => string | undefined;
}

/** Disk, file system and network of the guest. */
const MODULES = ["crc32c_generic", "ahci", "sd_mod", "ext4", "e1000e"];
/** The hypervisor's image, where `npm run metal:image` leaves it. */
export const FIRMWARE = join(ROOT, "dist", "jailhouse-amd.bin");

const read = (path: string | undefined) =>
  path && existsSync(path) ? readFileSync(path) : undefined;

/**
 * Makes a guest's files; `remove` deletes those that are not kept in the cache. Throws MissingPackages when something is
 * not installed.
 */
export function makeGuestImage({ say, extra, driver }: GuestImageOptions = {}): {
  readonly image: GuestImage;
  readonly remove: () => void;
} {
  requirePackages(GUEST_PACKAGES);
  const kernel = findKernel(say);
  const disk = buildDisk(say);
  const parts = {
    disk,
    modules: collectModules(kernel, MODULES),
    firmware: read(FIRMWARE),
    driver: read(driver?.(kernel)),
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
