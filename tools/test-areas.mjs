// Which tests belong together: `npm test` plays those that Node alone can, in a few minutes, and knows the others by area.
// Plain JavaScript: tools/run.mjs reads it before anything is built, vitest.config.ts while tests are collected.

/** Areas that want more than Node, or more time: what each is about, and the glob patterns of its tests. */
export const AREAS = {
  metal: {
    about: "the metal platform: QEMU, Bochs, a real Linux, the driver",
    files: ["test/metal/**"],
  },
  arm64: {
    about: "the beginning of Arm64: the core at EL2 under a real Linux, in QEMU's board virt",
    files: ["test/arm64/**"],
  },
  linux: {
    about: "Debian's Linux on the emulated PC: its kernel, busybox",
    files: ["test/linux/**"],
  },
  agent: {
    about: "the agent of another computer: a C compiler, sshd",
    files: ["test/agent/**"],
  },
  package: {
    about: "the package in a user's project: npm, and Node 20, 24 and 26",
    files: ["test/package/**"],
  },
  oracles: {
    about: "the PC beside QEMU, a C compiler, an assembler",
    files: [
      "test/machine/cpu/qemu.test.ts",
      "test/machine/cpu/svm.test.ts",
      "test/inmates/qemu.test.ts",
      "test/kernel/qemu.test.ts",
      "test/assembled.test.ts",
      "cli/config-import.test.ts",
      "config/golden-c.test.ts",
      "config/import/habits.test.ts",
      "config/import/import.test.ts",
    ],
  },
  pages: {
    about: "the documents, typed: those that need compilers, or longer; the bench of the core",
    files: [
      "bench/core.test.ts",
      "test/pages/first-cell.test.ts",
      "test/pages/inmates-in-c.test.ts",
      "test/pages/inmates.test.ts",
      "test/pages/long.test.ts",
      "test/pages/readme.test.ts",
    ],
  },
  sessions: {
    about:
      "whole sessions again: documents' player, records played again, every piece of advice applied",
    files: [
      "test/check/advice.test.ts",
      "test/check/explain.test.ts",
      "test/command/player.test.ts",
      "test/command/replay.test.ts",
    ],
  },
  toolchain: {
    about: "inmates built with clang and gcc, packages' tools",
    files: [
      "test/sdk/**",
      "test/torture/**",
      "test/inmates/build.test.ts",
      "test/inmates/mistakes.test.ts",
      "tools/metal/cpio.test.ts",
      "tools/metal/unpack.test.ts",
    ],
  },
};

/** Tests over random cases: a few of them by default, as many as continuous integration plays in the area `campaigns`. */
export const CAMPAIGNS = {
  binaries: "test/machine/cpu/interpreter/binaries.test.ts",
  boots: "test/linux/seeded-boots.test.ts",
  boundaries: "test/machine/cpu/boundaries/boundaries.test.ts",
  breakpoints: "test/machine/cpu/interpreter/traced.test.ts",
  "float-extended": "test/machine/cpu/float/extended.test.ts",
  "float-sse": "test/machine/cpu/float/sse.test.ts",
  interrupted: "test/metal/interrupted.test.ts",
  isolation: "test/isolation/isolation.test.ts",
  "memory-full": "test/metal/memory-full.test.ts",
  mutants: "test/check/mutants.test.ts",
  mutations: "test/bad-input/mutations.test.ts",
  pairs: "test/check/fuzz.test.ts",
  "random-code": "test/machine/cpu/interpreter/fuzz.test.ts",
  refusals: "test/check/refusals.test.ts",
  rows: "test/machine/cpu/interpreter/rows.test.ts",
  snippets: "test/machine/cpu/interpreter/native.test.ts",
  transcendental: "test/machine/cpu/float/transcendental.test.ts",
  x87: "test/machine/cpu/x87/x87.test.ts",
};

/**
 * Tests that change what a process has but once (its environment, its clock, fixed addresses, names of native types), each in a process of its own. The others
 * of the default share their workers' processes, in which most of the time went into loading the same modules for every file.
 */
export const ALONE = [
  "cli/inmate-build.test.ts",
  "config/link.test.ts",
  "config/translations.test.ts",
  "control/sinks.test.ts",
  "test/hypervisor/x86/emulate.test.ts",
  "test/inmates/toolchain.test.ts",
  "test/machine/cpu/boundaries/boundaries.test.ts",
  "test/machine/cpu/float/extended.test.ts",
  "test/machine/cpu/float/sse.test.ts",
  "test/machine/cpu/float/transcendental.test.ts",
  "test/machine/cpu/interpreter/blocks.test.ts",
  "test/machine/cpu/interpreter/features.test.ts",
  "test/machine/cpu/interpreter/native.test.ts",
  "test/machine/cpu/interpreter/rows.test.ts",
  "test/machine/cpu/interpreter/save.test.ts",
  "test/machine/cpu/x87/transcendental.test.ts",
  "test/machine/cpu/x87/x87.test.ts",
  "tools/metal/packages.test.ts",
];

/** Those that take longest, the longest first: begun last, one of them would be waited for with an idle processor. */
export const LONGEST = [
  "test/linux/linux.test.ts",
  "test/metal/linux-session.test.ts",
  "test/metal/linux-wide.test.ts",
  "test/package/package.test.ts",
  "test/metal/linux-x2apic.test.ts",
  "test/metal/driver.test.ts",
  "test/metal/linux-created.test.ts",
  "test/metal/linux-target.test.ts",
  "test/linux/programs/programs.test.ts",
  "test/sdk/library.test.ts",
  "test/metal/boot.test.ts",
  "test/metal/linux-faults.test.ts",
  "test/metal/linux-rounds.test.ts",
  "test/platforms/stop/stop.test.ts",
  "test/bad-input/mutations.test.ts",
  "test/metal/learn.test.ts",
  "test/isolation/isolation.test.ts",
  "test/metal/proposed-cell.test.ts",
  "test/inmates/build.test.ts",
  "test/platforms/emulated.test.ts",
  "test/command/lifecycle.test.ts",
  "test/command/demo.test.ts",
  "control/session.test.ts",
  "test/learn/cell.test.ts",
  "test/command/player.test.ts",
  "test/check/advice.test.ts",
];

/** Where a file comes in its run: those that are not among the longest come after them, in the order in which they are. */
export function rank(path) {
  const at = LONGEST.findIndex((name) => path.endsWith(`/${name}`));
  return at < 0 ? LONGEST.length : at;
}

const CAMPAIGN_AREA = "campaigns";
/** Every area, and those that CI plays after the default: all areas. */
const ALL = "all";
const REST = "rest";

/** The names that `npm test --` takes. */
export const AREA_NAMES = [...Object.keys(AREAS), CAMPAIGN_AREA, REST, ALL];

const everyArea = Object.values(AREAS).flatMap(({ files }) => files);
const everyTest = ["**/*.test.ts"];

/** What vitest is to include and exclude for `areas`; none are the default; undefined is wherever a filter points. */
export function selection(areas) {
  if (areas === undefined || areas.includes(ALL)) return { include: everyTest, exclude: [] };
  if (areas.length === 0) return { include: everyTest, exclude: everyArea };
  const files = (area) => {
    if (area === CAMPAIGN_AREA) return Object.values(CAMPAIGNS);
    if (area === REST) return [...everyArea, ...Object.values(CAMPAIGNS)];
    return AREAS[area].files;
  };
  const include = areas
    .flatMap(files)
    .map((path) => (path.endsWith("**") ? `${path}/*.test.ts` : path));
  return { include, exclude: [] };
}

/** Two halves of the default, of which one shares processes; of anything else there is one. */
export function projects(areas) {
  if (areas?.length !== 0) return undefined;
  return [
    { name: "together", include: everyTest, exclude: [...everyArea, ...ALONE], isolate: false },
    { name: "alone", include: ALONE, exclude: everyArea, isolate: true },
  ];
}

/** Whether campaigns are as long as in continuous integration. */
export const isFull = (areas) => [CAMPAIGN_AREA, REST, ALL].some((name) => areas?.includes(name));

/** Splits the arguments of `npm test --`: areas, undefined where only paths are given, and what is vitest's. */
export function testArguments(args) {
  const areas = args.filter((arg) => AREA_NAMES.includes(arg));
  const others = args.filter((arg) => !AREA_NAMES.includes(arg));
  const hasPaths = others.some((arg) => !arg.startsWith("-"));
  return { areas: areas.length === 0 && hasPaths ? undefined : areas, others };
}
