// Builds configs/*.cell from the configurations in configs/<architecture>/*.ts. The built files are committed: the
// article's commands name them. `--check` compares instead of writing.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Config, encode } from "../config/index.ts";
import { ROOT } from "./root.ts";

/** A configuration that ships. */
export interface ShippedConfig {
  readonly name: string;
  readonly config: Config;
  readonly bytes: Uint8Array;
  /** Absolute path of the built file. */
  readonly built: string;
}

const SOURCES = new URL("../configs/x86/", import.meta.url);
/** `.ts`, or `.js` when this runs from dist/. */
const EXTENSION = extname(import.meta.url);

/** Evaluates and encodes all configurations that ship, by name. */
export async function shippedConfigs(): Promise<ShippedConfig[]> {
  const names = readdirSync(SOURCES)
    .filter((file) => extname(file) === EXTENSION && !file.includes(".test."))
    .map((file) => basename(file, EXTENSION))
    .sort();
  return Promise.all(
    names.map(async (name) => {
      const { default: config } = await import(new URL(`${name}${EXTENSION}`, SOURCES).href);
      return { name, config, bytes: encode(config), built: join(ROOT, "configs", `${name}.cell`) };
    }),
  );
}

/** Whether the built file is what its source says. */
export function isUpToDate({ built, bytes }: ShippedConfig): boolean {
  return existsSync(built) && Buffer.from(bytes).equals(readFileSync(built));
}

async function main(check: boolean): Promise<void> {
  for (const config of await shippedConfigs()) {
    if (isUpToDate(config)) continue;
    if (check) {
      console.error(`configs/${config.name}.cell is not up to date: run npm run configs`);
      process.exitCode = 1;
    } else {
      writeFileSync(config.built, config.bytes);
      console.log(`configs/${config.name}.cell: ${config.bytes.length} bytes`);
    }
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  await main(process.argv.includes("--check"));
