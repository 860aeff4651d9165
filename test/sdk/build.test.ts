// What the build says when something is wrong, C++, and the header under the strictest warnings.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import tinyDemo from "../../configs/x86/tiny-demo.ts";
import { findProgram } from "../../tools/metal/packages.ts";
import { ROOT } from "../../tools/root.ts";
import { enabled, launch } from "../inmates/cells.ts";
import { CAN_BUILD, Project } from "./project.ts";

const COMPILERS = ["gcc", "clang"] as const;
const main = (text: string) => `#include <jailhouse.h>\nvoid inmate_main(void) {\n${text}\n}\n`;

describe.skipIf(!CAN_BUILD)("the build of inmates in C", () => {
  let project: Project;
  beforeAll(async () => {
    project = await Project.create("wrong");
  });
  afterAll(() => project.close());

  function failure(source: string, ...args: string[]): string {
    project.write("wrong.c", source);
    const { ok, output } = project.run("make", ...args);
    expect(ok, output).toBe(false);
    return output;
  }

  it.each(COMPILERS)(
    "leaves floats out, at both widths, where they are not wanted: %s",
    (compiler) => {
      const source = main('volatile double x = 2; x = x * 1.5; jh_printf("%d\\n", (int)x);');
      for (const bits of [64, 32]) {
        const flags = [`CC=${compiler}`, `BITS=${bits}`, "CFLAGS=-O2 -mgeneral-regs-only"];
        project.write("wrong.c", main('jh_printf("%d", 1);'));
        const { ok, output } = project.run("make", ...flags);
        expect(ok, output).toBe(true);
        expect(output).not.toMatch(/warning/i);
        expect(failure(source, ...flags)).toMatch(
          /undefined (reference|symbol).*__(mul|fix)|SSE register/,
        );
      }
    },
  );

  it.each(COMPILERS)("says what flag is missing when others bring AVX: %s", (compiler) => {
    const header = join(ROOT, "sdk/include/jailhouse.h");
    const flags = ["-ffreestanding", "-mavx", "-fsyntax-only", "-x", "c"];
    const { ok, output } = project.run(compiler, ...flags, header);
    expect(ok).toBe(false);
    expect(output).toContain("build inmates with -mno-avx");
  });

  it.each(COMPILERS)("says that code, or variables, are too big: %s", (compiler) => {
    const constants = (size: number) =>
      `static const char table[${size}] = {1};\n${main("jh_putc(table[jh_in8(0)]);")}`;
    expect(failure(constants(0xf000), `CC=${compiler}`)).toContain("the program is too big");
    const variables = `static char table[0xa0000];\n${main("table[jh_in8(0)] = 1; jh_putc(table[1]);")}`;
    expect(failure(variables, `CC=${compiler}`)).toContain("the program's variables are too big");
  });

  it.each([
    [["BITS=16"], "BITS is 16: it must be 64 or 32"],
    [["RESET_ADDRESS=0xfffffff0"], "RESET_ADDRESS is 0xfffffff0: it must be 0xffff0 or 0"],
    [
      ["CC=no-such-cc"],
      "There is no compiler no-such-cc. Install one (Debian: sudo apt-get install gcc",
    ],
    [["JAILHOUSE_SDK=/nowhere"], "The SDK is not in /nowhere. Say where: make JAILHOUSE_SDK="],
  ])("make %j: %s", (args, message) => {
    expect(failure(main(""), ...args)).toContain(message);
  });

  it.each([
    ["-DJAILHOUSE_BITS=16", "JAILHOUSE_BITS is 16"],
    ["-DJAILHOUSE_RESET_ADDRESS=1", "JAILHOUSE_RESET_ADDRESS is 1"],
  ])("cmake %s: %s", (arg, message) => {
    const { ok, output } = project.run("cmake", "-B", `build/${message}`, arg);
    expect(ok).toBe(false);
    expect(output).toContain(message);
  });

  it("builds again what other flags change", () => {
    project.write("wrong.c", main('jh_printf("%d", VALUE);'));
    const image = (value: number) => {
      const { ok, output } = project.run("make", `CFLAGS=-O2 -DVALUE=${value}`);
      expect(ok, output).toBe(true);
      return readFileSync(join(project.directory, "wrong.bin"));
    };
    const [first, second, third] = [image(1), image(2), image(1)];
    expect(first.equals(second)).toBe(false);
    expect(first.equals(third)).toBe(true);
  });

  it.each(["clang++", "g++"].filter((name) => name === "clang++" || findProgram(name)))(
    "takes C++: %s",
    async (compiler) => {
      const strict = "-O2 -std=c++11 -Wall -Wextra -Wpedantic -Werror";
      project.write("plus.cpp", readFileSync(join(ROOT, "test/sdk/samples/plus.cpp"), "utf8"));
      const args = [`CC=${compiler === "g++" ? "gcc" : "clang"}`, `CXX=${compiler}`];
      const { ok, output } = project.run("make", ...args, "SOURCES=plus.cpp", `CXXFLAGS=${strict}`);
      expect(ok, output).toBe(true);
      const session = await enabled();
      try {
        const image = readFileSync(join(project.directory, "wrong.bin"));
        await launch(session, tinyDemo, image);
        await session.serial(1).waitFor(/^C\+\+: built, region revision 2\r\n/);
      } finally {
        await session.close();
      }
    },
  );
});
