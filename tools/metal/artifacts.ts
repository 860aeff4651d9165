// What a guest is started with, made once and kept: a kernel, an initramfs with the driver and the hypervisor's image, a disk. With them a
// session needs Node only, on any computer.

import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { coreDigest } from "../core.ts";
import type { Bed } from "./beds/bed.ts";
import { unpackKernel } from "./beds/bochs/vmlinux.ts";
import { type GuestImage, makeGuestImage } from "./guest-image.ts";

const FILES = { kernel: "vmlinux", initramfs: "initramfs.cpio", disk: "disk.img" } as const;
/** What they were made with. */
const ABOUT = "artifacts.json";

/** The message is all that there is to say. */
export class ArtifactsError extends Error {
  override readonly name = "ArtifactsError";
}

interface About {
  /** SHA-256 of the hypervisor.wasm that the image is made of. */
  readonly hypervisor: string;
}

const imageIn = (directory: string): GuestImage => ({
  kernel: join(directory, FILES.kernel),
  initramfs: join(directory, FILES.initramfs),
  disk: join(directory, FILES.disk),
});

/** Makes them for a bed. Throws MissingPackages where something is not installed. */
export async function makeArtifacts(
  bed: Bed,
  directory: string,
  say: (text: string) => void,
): Promise<void> {
  const { image, remove } = await makeGuestImage(bed, { jailhouse: true, say });
  try {
    mkdirSync(directory, { recursive: true });
    const to = imageIn(directory);
    writeFileSync(to.kernel, unpackKernel(readFileSync(image.kernel)));
    copyFileSync(image.initramfs, to.initramfs);
    copyFileSync(image.disk, to.disk);
    const about: About = { hypervisor: coreDigest() };
    writeFileSync(join(directory, ABOUT), `${JSON.stringify(about, undefined, 2)}\n`);
  } finally {
    remove();
  }
}

function readAbout(directory: string): About {
  try {
    return JSON.parse(readFileSync(join(directory, ABOUT), "utf8")) as About;
  } catch (error) {
    throw new ArtifactsError(
      `${join(directory, ABOUT)} cannot be read: ${(error as Error).message}\n` +
        "Artifacts are made on Debian by npm run demo:linux -- --make-artifacts DIR.",
    );
  }
}

/** Those in a directory. Throws ArtifactsError where some are missing, or made of another hypervisor than this clone's. */
export function findArtifacts(directory: string): GuestImage {
  const { hypervisor } = readAbout(directory);
  const image = imageIn(resolve(directory));
  const missing = Object.values(image).find((path) => !existsSync(path));
  if (missing) throw new ArtifactsError(`${missing} is missing: make the artifacts again`);
  if (hypervisor === coreDigest()) return image;
  throw new ArtifactsError(
    `The artifacts in ${directory} hold another hypervisor.wasm than this clone, ${hypervisor}: make them again.`,
  );
}
