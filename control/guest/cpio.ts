// Writes a cpio archive in the "newc" format, which the kernel unpacks as its first file system
// (Documentation/driver-api/early-userspace/buffer-format.rst in the kernel's sources).

/** What an archive holds under a path. */
export type Entry =
  | { readonly directory: true }
  | { readonly link: string }
  | { readonly data: Uint8Array; readonly mode?: number };

/** Paths without a leading slash; a directory comes before what is in it. */
export type Tree = ReadonlyMap<string, Entry>;

const DIRECTORY = 0o040755;
const LINK = 0o120777;
const FILE = 0o100000;
const DEFAULT_MODE = 0o644;
const TRAILER = "TRAILER!!!";
const HEADER_SIZE = 110;
const ALIGNMENT = 4;

const hex = (value: number) => value.toString(16).padStart(8, "0");

function padding(size: number): Buffer {
  return Buffer.alloc((ALIGNMENT - (size % ALIGNMENT)) % ALIGNMENT);
}

function record(inode: number, path: string, mode: number, data: Uint8Array): Buffer[] {
  const name = Buffer.from(`${path}\0`);
  const links = 1;
  // inode, mode, uid, gid, links, mtime, size, device (major, minor), its own numbers (major, minor), name size, check
  const fields = [inode, mode, 0, 0, links, 0, data.length, 0, 0, 0, 0, name.length, 0];
  const header = Buffer.from(`070701${fields.map(hex).join("")}`);
  return [
    header,
    name,
    padding(HEADER_SIZE + name.length),
    Buffer.from(data),
    padding(data.length),
  ];
}

/** The archive's bytes. Directories that only appear in paths are added. Owner is root, times are 0. */
export function writeCpio(tree: Tree): Buffer {
  const pieces: Buffer[] = [];
  const done = new Set<string>();
  let inode = 0;
  const add = (path: string, entry: Entry) => {
    done.add(path);
    if ("directory" in entry) pieces.push(...record(++inode, path, DIRECTORY, Buffer.alloc(0)));
    else if ("link" in entry) pieces.push(...record(++inode, path, LINK, Buffer.from(entry.link)));
    else pieces.push(...record(++inode, path, FILE | (entry.mode ?? DEFAULT_MODE), entry.data));
  };
  for (const [path, entry] of tree) {
    const parts = path.split("/");
    for (let depth = 1; depth < parts.length; depth++) {
      const parent = parts.slice(0, depth).join("/");
      if (!done.has(parent)) add(parent, { directory: true });
    }
    if (!done.has(path)) add(path, entry);
  }
  pieces.push(...record(0, TRAILER, 0, Buffer.alloc(0)));
  return Buffer.concat(pieces);
}
