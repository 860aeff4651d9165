// Memory: reservations, maps and what they grant, communication pages, scrubbing.

import { EFAULT, ENOMEM } from "../../../abi/errno.ts";
import {
  ACCESS_FETCH,
  ACCESS_WRITE,
  MAP_COMM,
  MAP_READ,
  MAP_WRITE,
  MAP_ZERO,
  POOL_SIZE,
  POOL_USED,
  RANGE_LENGTH,
  RANGE_SIZE,
  RANGE_VIRT,
} from "../../../abi/platform.ts";
import { CPUID_ADDRESS_SIZES } from "../../../abi/x86/registers.ts";
import {
  commit,
  map,
  mmioRead,
  mmioWrite,
  poolPages,
  readComm,
  readGuest,
  release,
  reserve,
  scrub,
  unmap,
  writeComm,
} from "../../../hypervisor/platform.ts";
import { cpuid } from "../../../hypervisor/x86/platform.ts";
import { GUEST, putCode, ROOT_CPU, runProgram } from "../guest.ts";
import { EVENT_MMIO, eventCount, eventIs } from "../record.ts";

const PAGE: u64 = 4096;
/** A cell that no CPU has. */
const OTHER: u32 = 2;
/** A page of RAM that the root cell does not need: inside its staging buffer. */
const SPARE: u64 = 0x1f000;
const TARGET: u64 = 0x3000;
const NOWHERE: u32 = 0x2000;
const MARK: u32 = 0x4a48544d;
const COMM_OFFSET: u32 = 0x800;
const HANDLER: u32 = 0x100;
const ADDRESS_BITS_MASK: u32 = 0xff;
/** Bits of the physical addresses that an entry of a page table has room for. */
const MAPPED_BITS: u32 = 52;
/** Where firmware is. */
const FIRMWARE: u64 = 0xffe00000;
const FIRMWARE_END: u64 = 0x100000000;
const FIRMWARE_STEP: u64 = 0x10000;

const BUFFER: usize = memory.data(16, 8);
const RANGE: usize = memory.data(RANGE_SIZE, 8);
// mov al, [0x3000]; mov [0x3000], al; out 0xf4, al
const TOUCH: usize = memory.data<u8>([0xa0, 0x00, 0x30, 0xa2, 0x00, 0x30, 0xe6, 0xf4]);
const TOUCH_SIZE: u32 = 8;
// jmp 0x2000
const JUMP: usize = memory.data<u8>([0xe9, 0xfd, 0x1f, 0]);
// out 0xf4, al
const FINISH: usize = memory.data<u8>([0xe6, 0xf4, 0, 0]);

/** An absurd reservation is refused, and nothing is lost by it. */
export function absurdReservationIsRefused(): i32 {
  store<u64>(RANGE, 0, RANGE_VIRT);
  store<u64>(RANGE, 1 << 46, RANGE_LENGTH);
  if (reserve(GUEST, RANGE, 1) !== -ENOMEM) return 1;
  store<u64>(RANGE, PAGE, RANGE_LENGTH);
  return reserve(GUEST, RANGE, 1) === 0 ? 0 : 2;
}

/** A cell takes pages of the pool, and they are there again once it is gone. */
export function poolIsGivenBack(): i32 {
  const before = poolPages(POOL_USED);
  if (!before || before > poolPages(POOL_SIZE)) return 1;
  store<u64>(RANGE, 0, RANGE_VIRT);
  store<u64>(RANGE, PAGE, RANGE_LENGTH);
  if (reserve(OTHER, RANGE, 1) !== 0) return 2;
  const during = poolPages(POOL_USED);
  release(OTHER);
  if (during <= before || during > poolPages(POOL_SIZE)) return 3;
  return poolPages(POOL_USED) === before ? 0 : 4;
}

/** The communication page is one page, seen alike from both sides. */
export function commPageIsShared(): i32 {
  writeComm(GUEST, COMM_OFFSET, MARK);
  if (readComm(GUEST, COMM_OFFSET) !== MARK) return 1;
  if (readGuest(GUEST, COMM_OFFSET, BUFFER, 4) !== 0) return 2;
  if (load<u32>(BUFFER) !== MARK) return 3;
  map(GUEST, TARGET, 0, PAGE, MAP_COMM | MAP_READ);
  commit(GUEST);
  if (readGuest(GUEST, TARGET + COMM_OFFSET, BUFFER, 4) !== 0) return 4;
  unmap(GUEST, TARGET, PAGE);
  commit(GUEST);
  return load<u32>(BUFFER) === MARK ? 0 : 5;
}

/** What is not mapped cannot be read on a cell's behalf, not even in part. */
export function readsFollowTheMap(): i32 {
  if (readGuest(GUEST, TARGET, BUFFER, 4) !== -EFAULT) return 1;
  if (readGuest(GUEST, PAGE - 2, BUFFER, 4) !== -EFAULT) return 2;
  if (readGuest(GUEST, <u64>-2, BUFFER, 4) !== -EFAULT) return 3;
  map(GUEST, TARGET, 0, PAGE, MAP_ZERO);
  commit(GUEST);
  store<u32>(BUFFER, MARK);
  if (readGuest(GUEST, TARGET, BUFFER, 4) !== 0 || load<u32>(BUFFER) !== 0) return 4;
  unmap(GUEST, TARGET, PAGE);
  commit(GUEST);
  return 0;
}

/** Scrubbed RAM reads as zeros. */
export function scrubbedMemoryIsZero(): i32 {
  map(GUEST, TARGET, SPARE, PAGE, MAP_READ);
  commit(GUEST);
  scrub(SPARE, PAGE);
  store<u64>(BUFFER, <u64>MARK);
  const result = readGuest(GUEST, TARGET, BUFFER, 8);
  unmap(GUEST, TARGET, PAGE);
  commit(GUEST);
  return result === 0 && load<u64>(BUFFER) === 0 ? 0 : 1;
}

/** First physical address that the processor does not have. */
function addressLimit(): u64 {
  return (<u64>1) << (cpuid(ROOT_CPU, CPUID_ADDRESS_SIZES, 0, 0) & ADDRESS_BITS_MASK);
}

/** Accesses to `address`: 0, or 1 where one that the processor does not have reads as something else than all ones. */
function nameAddress(address: u64, isBeyond: bool): i32 {
  for (let size: u32 = 1; size <= 8; size <<= 1) {
    const value = mmioRead(address, size);
    if (isBeyond && value << (64 - size * 8) !== ~0 << (64 - size * 8)) return 1;
    if (isBeyond) mmioWrite(address, size, 0);
  }
  if (isBeyond) scrub(address, 2 * PAGE);
  return 0;
}

/** Reads on a cell's behalf of what its map says is at `address`, the end of a page and the next: 0, or 1. */
function readMapped(address: u64, isBeyond: bool): i32 {
  map(GUEST, TARGET, address - PAGE, 2 * PAGE, MAP_READ);
  commit(GUEST);
  const result = readGuest(GUEST, TARGET + PAGE - 4, BUFFER, 8);
  unmap(GUEST, TARGET, 2 * PAGE);
  commit(GUEST);
  return result === -EFAULT || (!result && !isBeyond) ? 0 : 1;
}

/**
 * Whatever address a guest or a configuration names: the platform survives it. Below 4 GiB the firmware's last 2 MiB; above
 * each bit that an address can have; and what no entry of a page table can name.
 */
export function anyAddressMayBeNamed(): i32 {
  const limit = addressLimit();
  for (let address = FIRMWARE; address < FIRMWARE_END; address += FIRMWARE_STEP)
    if (nameAddress(address, false) || readMapped(address, false)) return 1;
  for (let bit: u32 = 32; bit < 64; bit++) {
    const address = (<u64>1) << bit;
    if (nameAddress(address - 4, address - 4 >= limit)) return 2;
    if (nameAddress(address, address >= limit)) return 3;
    if (bit < MAPPED_BITS && readMapped(address, address - PAGE >= limit)) return 4;
  }
  return nameAddress(~0 - 7, true) ? 5 : 0;
}

/** Accesses exit exactly where the map does not grant them. */
export function accessesExit(): i32 {
  if (!runProgram(TOUCH, TOUCH_SIZE)) return 1;
  if (eventCount() !== 2) return 2;
  if (!eventIs(0, EVENT_MMIO, <u32>TARGET, 0)) return 3;
  if (!eventIs(1, EVENT_MMIO, <u32>TARGET, ACCESS_WRITE)) return 4;
  map(GUEST, TARGET, SPARE, PAGE, MAP_READ);
  commit(GUEST);
  if (!runProgram(TOUCH, TOUCH_SIZE)) return 5;
  if (eventCount() !== 1 || !eventIs(0, EVENT_MMIO, <u32>TARGET, ACCESS_WRITE)) return 6;
  map(GUEST, TARGET, SPARE, PAGE, MAP_READ | MAP_WRITE);
  commit(GUEST);
  if (!runProgram(TOUCH, TOUCH_SIZE)) return 7;
  if (eventCount() !== 0) return 8;
  unmap(GUEST, TARGET, PAGE);
  commit(GUEST);
  if (!runProgram(TOUCH, TOUCH_SIZE)) return 9;
  return eventCount() === 2 ? 0 : 10;
}

/** A jump to where nothing is exits as a fetch. */
export function fetchesExit(): i32 {
  putCode(HANDLER, FINISH, 4);
  if (!runProgram(JUMP, 4)) return 1;
  return eventIs(0, EVENT_MMIO, NOWHERE, ACCESS_FETCH) ? 0 : 2;
}
