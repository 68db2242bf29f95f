import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../..");

interface Door {
  readonly room: string;
  readonly mayUse: readonly string[];
  readonly pure?: boolean;
  /** faces besides the root's; who may use the room may use these */
  readonly faces?: readonly string[];
}

/** docs/architecture.md §1 and docs/adr/0002: what each room may import. */
const doors: Record<string, Door> = {
  // Certificates and key files apart, so that who verifies only carries none; the pool, as it needs Node.
  crypto: { room: "mainchain/crypto", mayUse: [], pure: true, faces: ["pki", "pool"] },
  protocol: { room: "mainchain/protocol", mayUse: ["crypto"], pure: true },
  consensus: { room: "mainchain/consensus", mayUse: ["protocol"], pure: true },
  runtime: { room: "mainchain/runtime", mayUse: ["protocol"], pure: true },
  // Its parts apart, for those who put a node together over other clocks, wires and disks.
  node: {
    room: "mainchain/node",
    mayUse: ["consensus", "runtime", "protocol", "crypto"],
    faces: ["parts"],
  },
  client: { room: "mainchain/client", mayUse: ["protocol", "crypto"] },
  "adapter-sdk": { room: "adapters/sdk", mayUse: ["protocol"] },
  "adapter-mainchain": {
    room: "adapters/mainchain",
    mayUse: ["adapter-sdk", "client", "protocol"],
  },
  "adapter-evm": { room: "adapters/evm", mayUse: ["adapter-sdk", "protocol"] },
  agent: { room: "adapters/agent", mayUse: ["adapter-sdk", "client", "protocol"] },
  relayer: {
    room: "relayer",
    mayUse: ["adapter-sdk", "client", "protocol", "adapter-evm", "adapter-mainchain"],
  },
  "hub-server": {
    room: "hub/server",
    mayUse: ["client", "adapter-sdk", "protocol", "adapter-evm"],
  },
  "hub-console": { room: "hub/console", mayUse: ["protocol"] },
  devnet: {
    room: "hub/devnet",
    mayUse: ["client", "adapter-sdk", "adapter-evm", "protocol", "crypto", "node", "agent"],
  },
};

function sources(folder: string): string[] {
  const found: string[] = [];
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) {
      if (name !== "node_modules" && name !== "dist" && name !== ".types")
        found.push(...sources(path));
    } else if (/\.(ts|vue)$/.test(name)) {
      found.push(path);
    }
  }
  return found;
}

function importsOf(file: string): string[] {
  const text = readFileSync(file, "utf8");
  return [...text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map((match) => match[1] ?? "");
}

const faceOf = (room: string, face: string): string => (face === "" ? room : `${room}/${face}`);

/** Every specifier after "@ropenet/" by which `door`'s room may import another. */
function openTo(door: Door): string[] {
  return door.mayUse.flatMap((room) =>
    ["", ...(doors[room]?.faces ?? [])].map((face) => faceOf(room, face)),
  );
}

describe.each(Object.entries(doors))("@ropenet/%s", (name, door) => {
  const manifest = JSON.parse(readFileSync(join(root, door.room, "package.json"), "utf8"));
  const files = sources(join(root, door.room, "src"));

  it("declares exactly the rooms that the table allows", () => {
    const own = Object.keys(manifest.dependencies ?? {})
      .filter((dependency) => dependency.startsWith("@ropenet/"))
      .map((dependency) => dependency.slice("@ropenet/".length));
    expect(manifest.name).toBe(`@ropenet/${name}`);
    expect(own.toSorted()).toEqual([...door.mayUse].toSorted());
  });

  it("has the faces that the table names, and no other", () => {
    // An application, which nobody imports, exports nothing.
    if (manifest.exports === undefined) return;
    const exported = Object.keys(manifest.exports).map((path) => path.replace(/^\.\/?/, ""));
    expect(exported.toSorted()).toEqual(["", ...(door.faces ?? [])].toSorted());
  });

  it("imports other rooms only by their faces", () => {
    const bad = files.flatMap((file) =>
      importsOf(file)
        .filter((target) => /^@ropenet\//.test(target))
        .filter((target) => !openTo(door).includes(target.slice("@ropenet/".length)))
        .map((target) => `${file}: ${target}`),
    );
    expect(bad).toEqual([]);
  });

  it("stays inside its own folder with relative imports, and never reaches a test", () => {
    const home = join(root, door.room, "src");
    const bad = files.flatMap((file) =>
      importsOf(file)
        .filter((target) => target.startsWith("."))
        .filter((target) => !resolve(file, "..", target).startsWith(home))
        .map((target) => `${file}: ${target}`),
    );
    expect(bad).toEqual([]);
  });

  if (door.pure) {
    it("is pure: no node:*, clock or chance", () => {
      const forbidden = [
        /"node:/,
        /\bDate\b\s*[.(]/,
        /Math\.random/,
        /\bset(Timeout|Interval)\b/,
        /\bprocess\./,
      ];
      const bad = files
        .filter((file) => !file.includes("/generated/"))
        .flatMap((file) => {
          const code = readFileSync(file, "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
          return forbidden.filter((rule) => rule.test(code)).map((rule) => `${file}: ${rule}`);
        });
      expect(bad).toEqual([]);
    });
  }
});

it("runtime modules never import another module: they declare slices, and runtime.ts wires them", () => {
  const home = join(root, "mainchain/runtime/src/modules");
  const bad = sources(home).flatMap((file) => {
    const own = file.slice(home.length + 1).split("/")[0];
    return importsOf(file)
      .map((target) => resolve(file, "..", target))
      .filter((target) => target.startsWith(`${home}/`))
      .filter((target) => target.slice(home.length + 1).split("/")[0] !== own)
      .map((target) => `${file}: ${target}`);
  });
  expect(bad).toEqual([]);
});
