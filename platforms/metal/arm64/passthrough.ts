// Accesses on the root cell's behalf: the waist's mmioRead and mmioWrite.

import { deviceRead, deviceWrite } from "./hw.ts";

export function mmioRead(address: u64, size: u32): u64 {
  return deviceRead(address, size);
}

export function mmioWrite(address: u64, size: u32, value: u64): void {
  deviceWrite(address, size, value);
}
