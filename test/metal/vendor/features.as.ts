// A vendor that does nothing: that it builds shows where the vendor's line is (platforms/metal/x86/vcpu.ts).
import { ENODEV } from "../../../../abi/errno.ts";

export function checkFeatures(): i32 {
  return -ENODEV;
}
