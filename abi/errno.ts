// Error numbers of the hypercall and driver interfaces (Linux, asm-generic/errno-base.h).
// A hypercall returns them negated.

/** Operation not permitted. */
export const EPERM: i32 = 1;
/** No such file or directory; here: no such cell. */
export const ENOENT: i32 = 2;
/** Input/output error. */
export const EIO: i32 = 5;
/** Argument list too long; here: configuration too large. */
export const E2BIG: i32 = 7;
/** Resource temporarily unavailable. */
export const EAGAIN: i32 = 11;
/** Cannot allocate memory. */
export const ENOMEM: i32 = 12;
/** Bad address. */
export const EFAULT: i32 = 14;
/** Device or resource busy. */
export const EBUSY: i32 = 16;
/** File exists. */
export const EEXIST: i32 = 17;
/** No such device. */
export const ENODEV: i32 = 19;
/** Invalid argument. */
export const EINVAL: i32 = 22;
/** Inappropriate ioctl for device. */
export const ENOTTY: i32 = 25;
/** Numerical result out of range. */
export const ERANGE: i32 = 34;
/** Function not implemented. */
export const ENOSYS: i32 = 38;
