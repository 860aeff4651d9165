// Types what docs/inmates.md says, and builds and runs every program that it shows.
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { missingPackages } from "../../tools/inmates/toolchain.ts";
import { ROOT } from "../../tools/root.ts";
import { itemsFor } from "./ledger.ts";
import { Player } from "./page.ts";

const player = new Player();
afterAll(() => player.close());

/** What the page's shorter programs leave out. */
const IMPORTS =
  'import {\n  calibrateTsc, CELL_SHUT_DOWN, MSG_SHUTDOWN_REQUEST, pendingMessage, println, setCellState, setTimer, startTimer,\n  waitForInterrupt,\n} from "jailhouse-ts/inmate";\n';
const MAIN = /export function main/;

const canBuild = process.env.CI === "true" || missingPackages([64]).length === 0;

test.skipIf(!canBuild)("every command of the page does what it says, with every program", () => {
  for (const name of ["configs", "inmates"])
    symlinkSync(join(ROOT, name), join(player.directory, name));
  mkdirSync(join(player.directory, "my"));
  const items = itemsFor("test/pages/inmates.test.ts", "docs/inmates.md");
  const programs = items.filter(({ isCommand }) => !isCommand);
  const [hello, tick, polite] = programs.map(({ text }) => text) as [string, string, string];
  writeFileSync(join(player.directory, "my/hello.ts"), hello);
  // Time passes while somebody waits, and with it the cell's.
  player.succeed("jailhouse machine start --pace free");
  for (const item of items.filter(({ isCommand }) => isCommand)) player.type(item);
  player.succeed("jailhouse cell start tiny-demo");
  player.succeed("jailhouse cell stats tiny-demo --count 2");
  const said = player.succeed("jailhouse serial 1").replaceAll("\r", "");
  expect(said).toMatch(/^Hello from my cell!\nIt is \d+ ns later\n/);

  const wrapped = `export function main(): void {\n  for (;;) {\n${polite}  }\n}\n`;
  for (const [name, text] of [
    ["tick", tick],
    ["polite", wrapped],
  ] as const) {
    expect(text).toMatch(MAIN);
    writeFileSync(join(player.directory, `my/${name}.ts`), `${IMPORTS}${text}`);
    player.succeed(`jailhouse inmate build my/${name}.ts`);
    expect(readFileSync(join(player.directory, `my/${name}.bin`))).toHaveLength(0x10000);
  }
});
