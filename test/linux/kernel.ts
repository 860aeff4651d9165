// The kernel that the tests boot: Debian's own, as it is and unpacked, or none where it or busybox is missing.
import { existsSync, readFileSync } from "node:fs";
import type { BootFile } from "../../control/api.ts";
import { unpackKernel } from "../../tools/metal/beds/bochs/vmlinux.ts";
import { findKernel } from "../../tools/metal/kernel.ts";

interface Kernels {
  readonly bzImage: BootFile;
  readonly vmlinux: BootFile;
  /** Directory of its modules. */
  readonly modules: string;
}

function find(): Kernels | undefined {
  if (!existsSync("/bin/busybox")) return undefined;
  try {
    const { image, modules } = findKernel();
    const data = readFileSync(image);
    return {
      bzImage: { name: "bzImage", data },
      vmlinux: { name: "vmlinux", data: unpackKernel(data) },
      modules,
    };
  } catch {
    return undefined;
  }
}

export const kernels: Kernels | undefined = find();
