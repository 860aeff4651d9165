// The machines of the corpus, by their files' names.
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { CorpusMachine } from "./machine.ts";

const DIRECTORIES = ["published", "matrix"] as const;

/** All machines of a directory, or of both. */
export async function machines(
  ...directories: readonly (typeof DIRECTORIES)[number][]
): Promise<(readonly [name: string, machine: CorpusMachine])[]> {
  const wanted = directories.length > 0 ? directories : DIRECTORIES;
  const files = wanted.flatMap((directory) => {
    const path = fileURLToPath(new URL(`${directory}/`, import.meta.url));
    return readdirSync(path)
      .filter((name) => name.endsWith(".ts"))
      .sort()
      .map((name) => `./${directory}/${name}`);
  });
  return Promise.all(
    files.map(async (file) => {
      const { default: found } = (await import(file)) as { default: CorpusMachine };
      return [file.replace(/^\.\/|\.ts$/g, ""), found] as const;
    }),
  );
}
