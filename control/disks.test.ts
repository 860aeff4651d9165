import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { digestOf, openDisk, openDisks } from "./disks.ts";

let top: string;
const at = (name: string) => join(top, name);

beforeAll(() => {
  top = mkdtempSync(join(tmpdir(), "disks-"));
  mkdirSync(at("directory"));
  execFileSync("mkfifo", [at("pipe")]);
  writeFileSync(at("empty"), "");
  writeFileSync(at("odd"), Buffer.alloc(513));
  writeFileSync(at("image"), Buffer.alloc(1024, "ab"));
});
afterAll(() => rmSync(top, { recursive: true, force: true }));

describe("a disk", () => {
  test.each([
    ["missing", "ENOENT", /^The disk .*\/missing: No such file or directory\.$/],
    ["directory", "EISDIR", /is a directory; mke2fs -d makes an image of one\.$/],
    ["pipe", "EINVAL", /is no file\.$/],
    ["empty", "EINVAL", /is empty\.$/],
    ["odd", "EINVAL", /has 513 bytes: a raw image is a multiple of 512\./],
  ])("that is %s is refused at once", (name, code, hint) => {
    const refused = expect.objectContaining({ code, hint: expect.stringMatching(hint) });
    expect(() => openDisk(at(name))).toThrow(refused);
    expect(() => openDisks([at("image"), at(name)])).toThrow(refused);
  });

  test("of bytes is held to the same", () => {
    expect(() => openDisk({ name: "own", data: new Uint8Array() })).toThrow(
      expect.objectContaining({ hint: "The disk own is empty." }),
    );
    const data = Uint8Array.from({ length: 512 }, (_, index) => index & 0xff);
    expect(openDisk({ name: "own", data }).read(255, 2)).toEqual(Uint8Array.of(255, 0));
  });

  test("is read where it is asked for, until its file changes", () => {
    const disk = openDisk(at("image"));
    expect(Buffer.from(disk.read(1, 3)).toString()).toBe("bab");
    appendFileSync(at("image"), Buffer.alloc(512));
    const changed = { code: "EIO", hint: expect.stringContaining("was changed while") };
    expect(() => disk.read(0, 512)).toThrow(expect.objectContaining(changed));
    disk.close();
  });

  test("has a digest, that of its contents", () => {
    writeFileSync(at("large"), Buffer.alloc((1 << 20) + 512, "x"));
    const sha256 = createHash("sha256")
      .update(Buffer.alloc((1 << 20) + 512, "x"))
      .digest("hex");
    expect(digestOf(at("large"))).toEqual({ name: at("large"), size: (1 << 20) + 512, sha256 });
  });
});
