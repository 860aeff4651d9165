// The driver's device: requests of ioctl(2) and the packed structures that they point to (ABI section 7).

/** Take over the machine; argument: the system configuration. */
export const JAILHOUSE_ENABLE: u32 = 0x40080000;
/** Hand it back; no argument. */
export const JAILHOUSE_DISABLE: u32 = 0x00000001;
/** Create a cell; argument: IOC_CREATE_*. */
export const JAILHOUSE_CELL_CREATE: u32 = 0x40100002;
/** Stop a cell and load images; argument: IOC_LOAD_*. */
export const JAILHOUSE_CELL_LOAD: u32 = 0x40300003;
/** Start a cell; argument: IOC_CELL_*. */
export const JAILHOUSE_CELL_START: u32 = 0x40280004;
/** Destroy a cell; argument: IOC_CELL_*. */
export const JAILHOUSE_CELL_DESTROY: u32 = 0x40280005;
/** An addition of this project (numbers from 0x80 are ours): destroy a cell without asking it; argument: IOC_CELL_*. */
export const JAILHOUSE_CELL_DESTROY_FORCED: u32 = 0x40280085;
/** An addition: take over the machine until JAILHOUSE_CONFIRM comes or time is up; argument: IOC_TRIAL_*. */
export const JAILHOUSE_ENABLE_TRIAL: u32 = 0x40100086;
/** An addition: keep the machine that was taken over on trial; no argument. */
export const JAILHOUSE_CONFIRM: u32 = 0x00000087;

/** Trial: address of the system configuration, u64. */
export const IOC_TRIAL_CONFIG: u32 = 0;
/** Trial: its size in bytes, u32. */
export const IOC_TRIAL_CONFIG_SIZE: u32 = 8;
/** Trial: seconds until the machine is handed back, u32, 1 to IOC_TRIAL_SECONDS_MAX. */
export const IOC_TRIAL_SECONDS: u32 = 12;
/** Size of the argument of a trial. */
export const IOC_TRIAL_SIZE: u32 = 16;
/** A day. */
export const IOC_TRIAL_SECONDS_MAX: u32 = 86400;

/** Create: address of the configuration, u64. */
export const IOC_CREATE_CONFIG: u32 = 0;
/** Create: its size in bytes, u32. */
export const IOC_CREATE_CONFIG_SIZE: u32 = 8;
/** Size of the argument of create; its last u32 is padding. */
export const IOC_CREATE_SIZE: u32 = 16;

/** Cell: id, s32; IOC_BY_NAME to go by its name. */
export const IOC_CELL_ID: u32 = 0;
/** Cell: name, 32 bytes, NUL terminated; a u32 of padding is before it. */
export const IOC_CELL_NAME: u32 = 8;
/** Size of a cell's identification. */
export const IOC_CELL_SIZE: u32 = 40;
/** The id that means: go by the name. */
export const IOC_BY_NAME: i32 = -1;

/** Load: number of images, u32, after the cell's identification; a u32 of padding follows. */
export const IOC_LOAD_NUM_IMAGES: u32 = 40;
/** Load: the first image (IOC_IMAGE_*). */
export const IOC_LOAD_IMAGES: u32 = 48;
/** Image: address of its bytes, u64. */
export const IOC_IMAGE_SOURCE: u32 = 0;
/** Image: their number, u64. */
export const IOC_IMAGE_BYTES: u32 = 8;
/** Image: the cell's address for them, u64; a u64 of padding follows. */
export const IOC_IMAGE_TARGET: u32 = 16;
/** Size of an image. */
export const IOC_IMAGE_SIZE: u32 = 32;
