// The structures behind the requests of ioctl: packed, little endian (ABI section 7).

import * as abi from "../../abi/ioctl.ts";
import type { CellRef, Image } from "../api.ts";

/** Bytes of a cell's name without its NUL. */
const NAME_MAX = abi.IOC_CELL_SIZE - abi.IOC_CELL_NAME - 1;
/** Largest id: the driver's is a signed 32-bit number. */
const ID_MAX = 0x7fffffff;

type AddressOf = (bytes: Uint8Array) => bigint;

/** Whether the driver's structure can hold this; nothing that it cannot hold exists. */
export function canExist(cell: CellRef): boolean {
  return typeof cell === "number"
    ? Number.isInteger(cell) && cell >= 0 && cell <= ID_MAX
    : Buffer.byteLength(cell) <= NAME_MAX && !cell.includes("\0");
}

function writeCell(bytes: Uint8Array, cell: CellRef): void {
  const view = new DataView(bytes.buffer);
  view.setInt32(abi.IOC_CELL_ID, typeof cell === "number" ? cell : abi.IOC_BY_NAME, true);
  if (typeof cell === "string") bytes.set(Buffer.from(cell), abi.IOC_CELL_NAME);
}

/** Who is meant, for start and destroy. */
export function encodeCell(cell: CellRef): Uint8Array {
  const bytes = new Uint8Array(abi.IOC_CELL_SIZE);
  writeCell(bytes, cell);
  return bytes;
}

/** The argument of create; it points to the configuration. */
export function encodeCreate(config: Uint8Array, addressOf: AddressOf): Uint8Array {
  const bytes = new Uint8Array(abi.IOC_CREATE_SIZE);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(abi.IOC_CREATE_CONFIG, addressOf(config), true);
  view.setUint32(abi.IOC_CREATE_CONFIG_SIZE, config.length, true);
  return bytes;
}

/** The argument of load; it points to the images, of which there may be none. */
export function encodeLoad(
  cell: CellRef,
  images: readonly Image[],
  addressOf: AddressOf,
): Uint8Array {
  const bytes = new Uint8Array(abi.IOC_LOAD_IMAGES + images.length * abi.IOC_IMAGE_SIZE);
  const view = new DataView(bytes.buffer);
  writeCell(bytes, cell);
  view.setUint32(abi.IOC_LOAD_NUM_IMAGES, images.length, true);
  images.forEach(({ data, address }, index) => {
    const at = abi.IOC_LOAD_IMAGES + index * abi.IOC_IMAGE_SIZE;
    view.setBigUint64(at + abi.IOC_IMAGE_SOURCE, data.length > 0 ? addressOf(data) : 0n, true);
    view.setBigUint64(at + abi.IOC_IMAGE_BYTES, BigInt(data.length), true);
    view.setBigUint64(at + abi.IOC_IMAGE_TARGET, address, true);
  });
  return bytes;
}
