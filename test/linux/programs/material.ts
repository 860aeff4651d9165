// The files that the programs are given: bytes to be digested, keys, programs in C.
import { createCipheriv, generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";

const KEY = Buffer.alloc(16, 0x3c);

/** Bytes without a pattern, the same every time: the key stream of AES in counter mode. */
export function stream(size: number): Buffer {
  const cipher = createCipheriv("aes-128-ctr", KEY, Buffer.alloc(16));
  return cipher.update(Buffer.alloc(size));
}

const source = (name: string) => readFileSync(new URL(`./${name}`, import.meta.url));

/** What a file of 50 MB holds. */
export const LARGE_SIZE = 50_000_000;
/** Bytes that ciphers and digests are tried with: no multiple of any block. */
export const SAMPLE: Buffer = stream(100_003);

/** Below /root. */
export const MATERIAL: ReadonlyMap<string, Uint8Array> = new Map([
  ["large", stream(LARGE_SIZE)],
  ["sample", SAMPLE],
  ["numbers.c", source("numbers.c")],
  ["timers.c", source("timers.c")],
]);

/** Key pairs of this computer, new ones every time, as PEM. */
export function keys() {
  const pairs = {
    rsa: generateKeyPairSync("rsa", { modulusLength: 2048 }),
    ec: generateKeyPairSync("ec", { namedCurve: "prime256v1" }),
  };
  return Object.entries(pairs).map(([name, { publicKey, privateKey }]) => ({
    name,
    publicKey: publicKey.export({ type: "spki", format: "pem" }).toString(),
    privateKey: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  }));
}
