// The computer that this process runs on, as local.ts finds it: the file system's root and the system calls.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { type LinuxCalls, loadCalls } from "./calls.ts";

/** Device of the driver; scripts know its error text. */
export const DEVICE = "/dev/jailhouse";

/** Where the driver shows its state (ABI section 7). */
export const SYSFS = "/sys/devices/jailhouse";

export interface Host {
  /** Where /dev, /proc and /sys are found; "/" but in tests. */
  readonly root: string;
  readonly loadCalls: () => Promise<LinuxCalls>;
}

export const THIS_HOST: Host = { root: "/", loadCalls };

export const inHost = ({ root }: Host, path: string): string => join(root, path);

/** Whether the driver is loaded. */
export const hasDevice = (host: Host): boolean => existsSync(inHost(host, DEVICE));
