import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The openssl command in a folder of its own. */
export class OpenSsl implements Disposable {
  readonly #folder: string = mkdtempSync(join(tmpdir(), "sm-openssl-"));

  /** Whether this machine has one that knows SM2. */
  static knowsSm2(): boolean {
    const { stdout } = spawnSync("openssl", ["list", "-public-key-algorithms"], {
      encoding: "utf8",
    });
    return /SM2/.test(stdout ?? "");
  }

  path(name: string): string {
    return join(this.#folder, name);
  }

  write(name: string, contents: Uint8Array | string): string {
    writeFileSync(this.path(name), contents);
    return this.path(name);
  }

  read(name: string): Uint8Array {
    return new Uint8Array(readFileSync(this.path(name)));
  }

  /** Standard output. @throws {Error} where the command fails */
  run(...args: readonly string[]): string {
    const { status, stdout, stderr } = spawnSync("openssl", args, {
      cwd: this.#folder,
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`openssl ${args.join(" ")}: ${stderr}${stdout}`);
    return stdout;
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
  }
}
