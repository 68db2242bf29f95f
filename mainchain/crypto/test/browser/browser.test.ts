import { existsSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Bundle, bundle, RUN_SUITE } from "./bundle.ts";

const CHROMIUM = "/usr/bin/chromium";
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--disable-background-networking",
];
const TYPES: Record<string, string> = { ".html": "text/html", ".js": "text/javascript" };

const hasBrowser = existsSync(CHROMIUM);
// Loud on purpose: the closing list of skipped tests carries the reason, and CI installs the browser.
const where = hasBrowser ? "" : ` (${CHROMIUM} is missing: apt-get install chromium)`;
if (!hasBrowser) process.stderr.write(`browser.test.ts skips its tests${where}\n`);

// Answers go through the document: what Playwright evaluates, the policy would refuse.
const PAGE = `${RUN_SUITE}
function show(id, answers) {
  const element = document.createElement("pre");
  element.id = id;
  element.textContent = JSON.stringify(answers);
  document.body.append(element);
}
show("page", answers);
const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
worker.onmessage = ({ data }) => show("worker", data);
worker.onerror = ({ message }) => show("worker", { [message]: false });
`;

function serve(folder: string, policy: string): Server {
  return createServer((request, response) => {
    const path = normalize(request.url === "/" ? "/index.html" : (request.url ?? ""));
    try {
      const body = readFileSync(join(folder, path));
      response.setHeader("content-type", TYPES[extname(path)] ?? "application/octet-stream");
      response.setHeader("content-security-policy", policy);
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  }).listen(0, "127.0.0.1");
}

describe.runIf(hasBrowser)(`in Chromium${where}`, () => {
  let browser: Browser;
  let app: Bundle;

  beforeAll(async () => {
    app = await bundle(
      {
        "index.html": '<!doctype html><script type="module" src="./page.js"></script>',
        "page.js": PAGE,
        "worker.js": `${RUN_SUITE}\npostMessage(answers);`,
      },
      ["index.html"],
    );
    browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    app?.[Symbol.dispose]();
  });

  async function visit(policy: string, act: (page: Page) => Promise<void>): Promise<string[]> {
    const server = serve(app.folder, policy);
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(String(error)));
    try {
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      await act(page);
      return complaints;
    } finally {
      await page.close();
      server.close();
    }
  }

  test("verifies, hashes, opens: in a page and in a worker, without unsafe-eval", async () => {
    const policy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'";
    const complaints = await visit(policy, async (page) => {
      for (const place of ["#page", "#worker"]) {
        const text = (await page.locator(place).textContent({ timeout: 20_000 })) ?? "";
        const answers = Object.entries(JSON.parse(text) as Record<string, boolean>);
        expect(answers.filter(([, held]) => !held)).toEqual([]);
        expect(answers.length).toBe(9);
      }
    });
    expect(complaints).toEqual([]);
  }, 60_000);

  test("needs wasm-unsafe-eval of the policy: without it, a clear error and no answer", async () => {
    const complaints = await visit("default-src 'self'; script-src 'self'", async (page) => {
      await page.waitForLoadState("networkidle");
      expect(await page.locator("#page").count()).toBe(0);
    });
    expect(complaints.join()).toMatch(/WebAssembly.*Content Security Policy/is);
  }, 60_000);
});
