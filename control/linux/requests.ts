// The structures behind the requests of ioctl: packed, little endian (ABI section 7).

import * as abi from "../../abi/ioctl.ts";
import type { CellRef, Image } from "../api.ts";
import type { DriverRequest, Pointer } from "./target.ts";

/** Longest trial. */
export const TRIAL_SECONDS_MAX = abi.IOC_TRIAL_SECONDS_MAX;

/** Bytes of a cell's name without its NUL. */
const NAME_MAX = abi.IOC_CELL_SIZE - abi.IOC_CELL_NAME - 1;
/** Largest id: the driver's is a signed 32-bit number. */
const ID_MAX = 0x7fffffff;

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

/** A request without an argument. */
export const plainRequest = (number: number): DriverRequest => ({
  ...{ number, argument: null, pointers: [] },
});

/** Enable, whose argument is the configuration itself. */
export const enableRequest = (config: Uint8Array): DriverRequest => ({
  ...{ number: abi.JAILHOUSE_ENABLE, argument: config, pointers: [] },
});

/** Enable for so many seconds. */
export function trialRequest(config: Uint8Array, seconds: number): DriverRequest {
  const argument = new Uint8Array(abi.IOC_TRIAL_SIZE);
  const view = new DataView(argument.buffer);
  view.setUint32(abi.IOC_TRIAL_CONFIG_SIZE, config.length, true);
  view.setUint32(abi.IOC_TRIAL_SECONDS, seconds, true);
  const pointers = [{ at: abi.IOC_TRIAL_CONFIG, bytes: config }];
  return { number: abi.JAILHOUSE_ENABLE_TRIAL, argument, pointers };
}

/** A request about a cell: start and destroy. */
export function cellRequest(number: number, cell: CellRef): DriverRequest {
  const argument = new Uint8Array(abi.IOC_CELL_SIZE);
  writeCell(argument, cell);
  return { number, argument, pointers: [] };
}

export function createRequest(config: Uint8Array): DriverRequest {
  const argument = new Uint8Array(abi.IOC_CREATE_SIZE);
  new DataView(argument.buffer).setUint32(abi.IOC_CREATE_CONFIG_SIZE, config.length, true);
  const pointers = [{ at: abi.IOC_CREATE_CONFIG, bytes: config }];
  return { number: abi.JAILHOUSE_CELL_CREATE, argument, pointers };
}

/** Load, of images of which there may be none. */
export function loadRequest(cell: CellRef, images: readonly Image[]): DriverRequest {
  const argument = new Uint8Array(abi.IOC_LOAD_IMAGES + images.length * abi.IOC_IMAGE_SIZE);
  const view = new DataView(argument.buffer);
  writeCell(argument, cell);
  view.setUint32(abi.IOC_LOAD_NUM_IMAGES, images.length, true);
  const pointers: Pointer[] = [];
  images.forEach(({ data, address }, index) => {
    const at = abi.IOC_LOAD_IMAGES + index * abi.IOC_IMAGE_SIZE;
    if (data.length > 0) pointers.push({ at: at + abi.IOC_IMAGE_SOURCE, bytes: data });
    view.setBigUint64(at + abi.IOC_IMAGE_BYTES, BigInt(data.length), true);
    view.setBigUint64(at + abi.IOC_IMAGE_TARGET, address, true);
  });
  return { number: abi.JAILHOUSE_CELL_LOAD, argument, pointers };
}
