import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Sha256 } from "./sha256.ts";

function reference(parts: Uint8Array[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}

test("agrees with Node's for any pieces, also continued from a saved state", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 8 }), (parts) => {
      let hash = new Sha256();
      for (const part of parts) {
        hash.update(part);
        expect(hash.digest()).toHaveLength(64);
        hash = Sha256.restore(JSON.parse(JSON.stringify(hash.save())));
      }
      expect(hash.digest()).toBe(reference(parts));
    }),
  );
});
