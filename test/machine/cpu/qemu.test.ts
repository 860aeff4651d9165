// The same boot images on our CPU and on QEMU 7.2: what they print must be identical. What QEMU does against the manuals is left
// out of the images, and listed at their heads. Needs nasm and qemu-system-x86_64; without them the tests are skipped, except in CI.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { countFirst, isCounting } from "./coverage/record.ts";
import { assemble, BOOT_IMAGES, ImageCpu, missingForImages, onQemu } from "./images.ts";

const missing = missingForImages();
if (missing.length > 0) console.warn(`comparison with QEMU skipped: no ${missing.join(", no ")}`);
const skipped = missing.length > 0 && !process.env.CI;

const directory = mkdtempSync(join(tmpdir(), "cpu-images-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** One try of an image a line, so that a difference is easy to see. */
function lines(text: string): string[] {
  return text.replaceAll(/(?<=[ =])(?=[a-z][#=@I0-9])/g, "\n  ").split("\n");
}

/** Runs an image on our CPU; a step at a time where the instructions are counted. */
function runOurs(image: string): string {
  const cpu = new ImageCpu(image);
  if (!isCounting) return cpu.run();
  return cpu.run(1n, () => {
    const { bytes, code } = cpu.next;
    countFirst("QEMU", bytes, code);
  });
}

describe.skipIf(skipped)("boot images", () => {
  test.each(BOOT_IMAGES)("%s prints the same as on QEMU", async (name, cpu, least) => {
    const image = assemble(name, directory);
    const expected = await onQemu(image, cpu);
    // An image that dies early prints less.
    expect(expected.length).toBeGreaterThan(least);
    expect(lines(runOurs(image))).toEqual(lines(expected));
  });
});
