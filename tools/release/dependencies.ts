// What a package depends on where it is installed, from the files of its clone.

/** As much of an entry of the lock as is looked at. */
interface Entry {
  readonly version?: string;
  readonly dev?: boolean;
  readonly devDependencies?: object;
}

/** A package.json or package-lock.json without what only developers need. */
export function withoutDevelopment(file: {
  readonly packages?: Readonly<Record<string, Entry>>;
  readonly devDependencies?: object;
}): object {
  const { devDependencies: _, packages, ...rest } = file;
  if (packages === undefined) return rest;
  const kept = Object.entries(packages)
    .filter(([, { dev }]) => !dev)
    .map(([path, { devDependencies: __, ...entry }]) => [path, entry]);
  return { ...rest, packages: Object.fromEntries(kept) };
}
