// Error numbers of the hypercall and driver interfaces (Linux, asm-generic/errno-base.h and errno.h).
// A hypercall returns them negated.

/** Operation not permitted. */
export const EPERM: i32 = 1;
/** No such file or directory; here: no such cell. */
export const ENOENT: i32 = 2;
/** Interrupted system call. */
export const EINTR: i32 = 4;
/** Input/output error. */
export const EIO: i32 = 5;
/** No such device or address. */
export const ENXIO: i32 = 6;
/** Argument list too long; here: configuration too large. */
export const E2BIG: i32 = 7;
/** Bad file descriptor. */
export const EBADF: i32 = 9;
/** Resource temporarily unavailable. */
export const EAGAIN: i32 = 11;
/** Cannot allocate memory. */
export const ENOMEM: i32 = 12;
/** Permission denied. */
export const EACCES: i32 = 13;
/** Bad address. */
export const EFAULT: i32 = 14;
/** Device or resource busy. */
export const EBUSY: i32 = 16;
/** File exists. */
export const EEXIST: i32 = 17;
/** No such device. */
export const ENODEV: i32 = 19;
/** Not a directory. */
export const ENOTDIR: i32 = 20;
/** Is a directory. */
export const EISDIR: i32 = 21;
/** Invalid argument. */
export const EINVAL: i32 = 22;
/** Too many open files. */
export const EMFILE: i32 = 24;
/** Inappropriate ioctl for device. */
export const ENOTTY: i32 = 25;
/** File too large. */
export const EFBIG: i32 = 27;
/** No space left on device. */
export const ENOSPC: i32 = 28;
/** Read-only file system. */
export const EROFS: i32 = 30;
/** Numerical result out of range. */
export const ERANGE: i32 = 34;
/** File name too long. */
export const ENAMETOOLONG: i32 = 36;
/** Function not implemented. */
export const ENOSYS: i32 = 38;
/** Too many levels of symbolic links. */
export const ELOOP: i32 = 40;
/** Protocol error. */
export const EPROTO: i32 = 71;
/** Operation not supported. */
export const EOPNOTSUPP: i32 = 95;
/** Connection reset by peer; here: the daemon went away in the middle of a request. */
export const ECONNRESET: i32 = 104;
/** Connection timed out; here: what was waited for did not happen in time. */
export const ETIMEDOUT: i32 = 110;
/** Connection refused. */
export const ECONNREFUSED: i32 = 111;
/** No route to host. */
export const EHOSTUNREACH: i32 = 113;
