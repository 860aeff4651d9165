// The processor, and the digests of what images of the torture set print there: node dist/test/torture/digest.js FILE.bin...
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { runImage } from "./run.ts";

console.log(process.arch);
for (const file of process.argv.slice(2)) {
  const text = (await runImage(readFileSync(file))).join("\n");
  console.log(`${createHash("sha256").update(text).digest("hex")}  ${file}`);
}
