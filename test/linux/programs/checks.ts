// Debian's programs in the guest, each with what it has to print: known on this computer, by other code.
import { strict as assert } from "node:assert";
import { execFileSync } from "node:child_process";
import * as crypto from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Linux } from "../../../control/guest/linux.ts";
import { keys, LARGE_SIZE, SAMPLE, stream } from "./material.ts";

const SECOND = 1e9;
const PATIENCE = { timeout: 600 * SECOND };
const MOUNT =
  "mount -t ext4 /dev/vda /mnt && for name in proc sys dev; do mount --bind /$name /mnt/$name; done";

/** Mounts the disk with the programs, after each boot. */
export async function mount(linux: Linux): Promise<void> {
  const { status, out } = await linux.run(MOUNT, PATIENCE);
  assert.equal(status, 0, out);
}

/** Runs a command among the programs; its output. Throws for another status. */
async function run(linux: Linux, command: string, expected = 0): Promise<string> {
  const script = `cd /root; ${command}`;
  const { status, out } = await linux.run(
    `chroot /mnt /bin/busybox sh -c ${JSON.stringify(script).replaceAll("$", "\\$")}`,
    PATIENCE,
  );
  assert.equal(status, expected, out);
  return out;
}

async function put(linux: Linux, name: string, text: string): Promise<void> {
  const code = Buffer.from(text).toString("base64");
  const { status } = await linux.run(`echo ${code} | base64 -d > /mnt/root/${name}`);
  assert.equal(status, 0);
}

const hash = (name: string, data: Uint8Array) => crypto.createHash(name).update(data).digest("hex");

/** With all instructions that there are, and with none of the special ones. */
const CAPABILITIES = ["", "OPENSSL_ia32cap=~0x200000200000000:~0x20000000 "] as const;
const DIGESTS = ["md5", "sha1", "sha256", "sha512", "sha3-256", "blake2b512", "ripemd160"];
const CIPHERS = ["aes-128-cbc", "aes-256-ctr", "aes-192-ecb", "chacha20", "camellia-128-cbc"];

async function largeFile(linux: Linux): Promise<void> {
  const expected = hash("sha256", stream(LARGE_SIZE));
  assert.match(await run(linux, "/bin/busybox sha256sum large"), new RegExp(`^${expected} `));
  assert.equal(await run(linux, "openssl sha256 -r large"), `${expected} *large\n`);
}

async function digests(linux: Linux): Promise<void> {
  for (const capability of CAPABILITIES)
    for (const name of DIGESTS) {
      const out = await run(
        linux,
        `${capability}openssl dgst -${name} -provider legacy -provider default -r sample`,
      );
      assert.equal(out, `${hash(name, SAMPLE)} *sample\n`, `${capability}${name}`);
    }
  const mac = crypto.createHmac("sha256", "key").update(SAMPLE).digest("hex");
  assert.equal(await run(linux, "openssl dgst -sha256 -hmac key -r sample"), `${mac} *sample\n`);
}

async function ciphers(linux: Linux): Promise<void> {
  for (const capability of CAPABILITIES)
    for (const name of CIPHERS) {
      const { keyLength, ivLength = 0 } = crypto.getCipherInfo(name)!;
      const key = Buffer.alloc(keyLength, 0xa7);
      const iv = Buffer.alloc(ivLength, 0x19);
      const cipher = crypto.createCipheriv(name, key, ivLength > 0 ? iv : null);
      const expected = hash("sha256", Buffer.concat([cipher.update(SAMPLE), cipher.final()]));
      const words = `-${name} -K ${key.toString("hex")} ${ivLength > 0 ? `-iv ${iv.toString("hex")}` : ""}`;
      const there = `${capability}openssl enc -e ${words} -in sample -out secret`;
      const back = `${capability}openssl enc -d ${words} -in secret | cmp - sample`;
      const out = await run(linux, `${there} && ${back} && openssl sha256 -r secret`);
      assert.equal(out, `${expected} *secret\n`, `${capability}${name}`);
    }
}

async function signatures(linux: Linux): Promise<void> {
  for (const { name, publicKey, privateKey } of keys()) {
    await put(linux, `${name}.key`, privateKey);
    await put(linux, `${name}.pub`, publicKey);
    const sign = `openssl dgst -sha256 -sign ${name}.key -out signature sample`;
    const out = await run(linux, `${sign} && openssl base64 -A -in signature`);
    assert(crypto.verify("sha256", SAMPLE, publicKey, Buffer.from(out, "base64")), name);
    const ours = crypto.sign("sha256", SAMPLE, privateKey).toString("base64");
    await put(linux, "ours", Buffer.from(ours).toString());
    const verify = `openssl base64 -d -A -in ours -out ours.bin && openssl dgst -sha256 -verify ${name}.pub -signature ours.bin`;
    assert.match(await run(linux, `${verify} sample`), /^Verified OK/);
    assert.match(await run(linux, `${verify} large`, 1), /^Verification failure/m);
  }
  const made =
    "openssl genpkey -algorithm ed25519 -out made.key && openssl pkey -in made.key -pubout";
  const publicKey = await run(linux, made);
  const sign = "openssl pkeyutl -sign -rawin -inkey made.key -in sample | openssl base64 -A";
  const signature = Buffer.from(await run(linux, sign), "base64");
  assert(crypto.verify(null, SAMPLE, publicKey, signature), "ed25519");
}

/** What the program prints when this computer's compiler has made it. */
function printedHere(name: string): string {
  const directory = mkdtempSync(join(tmpdir(), "programs-"));
  try {
    const program = join(directory, "program");
    const source = new URL(`./${name}`, import.meta.url).pathname;
    execFileSync("gcc", ["-O1", source, "-o", program, "-lm"]);
    return execFileSync("sh", ["-c", `${program}; echo status $?`], { encoding: "utf8" });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function compiler(linux: Linux): Promise<void> {
  const out = await run(linux, "tcc numbers.c -o numbers -lm && ./numbers; echo status $?");
  assert.equal(out, printedHere("numbers.c"));
}

async function timers(linux: Linux): Promise<void> {
  const out = await run(linux, "tcc timers.c -o timers && ./timers");
  const cpus = linux.session.options.cpus;
  assert.equal(out, `${3 * cpus} of ${3 * cpus}\n`);
}

async function node(linux: Linux): Promise<void> {
  assert.equal(await run(linux, "node --version"), `${process.version}\n`);
  const program = `
    const { createHash } = require("node:crypto");
    const numbers = Array.from({ length: 5000 }, (_, n) => (n * 7919) % 10007).sort((a, b) => a - b);
    const text = JSON.stringify(numbers.map((n) => ({ n, root: Math.sqrt(n), name: n.toString(36) })));
    const power = String(3n ** 1000n % 1000000007n);
    console.log([createHash("sha256").update(text).digest("hex"), power, /(\\d+)7/.exec(text)[0]].join(" "));`;
  await put(linux, "program.cjs", program);
  const expected = execFileSync(process.execPath, ["-e", program], { encoding: "utf8" });
  assert.equal(await run(linux, "node program.cjs"), expected);
  const version = await run(linux, "node /opt/jailhouse/bin/jailhouse --version");
  assert.match(version, /^jailhouse|^\d+\.\d+\.\d+|^v?\d/i);
}

async function copyAndReboot(linux: Linux): Promise<void> {
  const copy = "mkdir -p again && cp large again/large && sync";
  await run(linux, copy);
  await linux.run("umount /mnt/proc /mnt/sys /mnt/dev /mnt", PATIENCE);
  await linux.reboot();
  await mount(linux);
  await run(linux, "cmp large again/large");
  await largeFile(linux);
}

/** A program, or several that belong together. */
export interface Check {
  readonly name: string;
  readonly run: (linux: Linux) => Promise<void>;
}

export const CHECKS: readonly Check[] = [
  { name: "sha256 of 50 MB, busybox and OpenSSL", run: largeFile },
  { name: "OpenSSL digests", run: digests },
  { name: "OpenSSL ciphers", run: ciphers },
  { name: "OpenSSL signatures", run: signatures },
  { name: "a C program, compiled by tcc", run: compiler },
  { name: "forks and timers on all CPUs", run: timers },
  { name: "Node, and our command", run: node },
  { name: "50 MB copied, compared after a reboot", run: copyAndReboot },
];
