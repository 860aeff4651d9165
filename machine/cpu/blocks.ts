// Which pages of RAM hold decoded code. No code is decoded ahead yet, so none do.

/** Whether physical page number `page` holds decoded code: writes to it must be announced by codeWritten. */
export function pageHasCode(_page: u32): bool {
  return false;
}

/** Drops the decoded code in `size` bytes of RAM from physical address `phys` on, which were written. */
export function codeWritten(_phys: u64, _size: u32): void {}
