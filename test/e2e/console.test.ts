import { existsSync, mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StrandDescription } from "@ropenet/devnet";
import { JsonRpcProvider } from "ethers";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { awaitOutput, type Start, startDevnet } from "../kit/cli.ts";
import { storyRun } from "../kit/story-run.ts";

const CHROMIUM = "/usr/bin/chromium";
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const hasBrowser = existsSync(CHROMIUM);

// Loud on purpose: the closing list of skipped tests carries the reason, and CI installs the browser.
const where = hasBrowser ? "" : ` (${CHROMIUM} is missing: apt-get install chromium)`;
if (!hasBrowser) process.stderr.write(`console.test.ts skips all of its tests${where}\n`);

describe.runIf(hasBrowser)(`the console in a browser${where}`, () => {
  const wanted = process.env["ROPENET_SCREENSHOTS"];
  const folder = wanted ?? mkdtempSync(join(tmpdir(), "ropenet-screenshots-"));
  let network: Start;
  let hub: string;
  let browser: Browser;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    mkdirSync(folder, { recursive: true });
    const { stateFolder, basePort } = await storyRun();
    network = startDevnet(stateFolder, ["--no-story", "--port", String(basePort)]);
    [, hub = ""] = await awaitOutput(network, /绳网就绪 .* (http:\/\/127\.0\.0\.1:\d+)/, 60_000);
    browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  }, 300_000);

  afterAll(async () => {
    await browser?.close();
    network?.interrupt();
    await network?.exited;
    network?.reap();
  });

  beforeEach(async () => {
    page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    complaints = [];
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
  });

  afterEach(async () => {
    await page.close();
  });

  const shoot = (name: string): Promise<unknown> =>
    page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });

  test("总览 says 守恒 通过 and how many proofs this browser has checked", async () => {
    await page.goto(hub);
    const verdict = page.locator('[data-test="verdict"]');
    await verdict.getByText("守恒 通过").waitFor({ timeout: 30_000 });
    const text = await verdict.innerText();
    // The count of assets, and of each its place in the index, its record and its books: 1 + 3 · 2.
    expect(text).toMatch(/高度 [1-9]\d* · 浏览器已验证 7 份证明/);
    expect(await page.locator('[data-test="trust"]').innerText()).toContain("首次访问时取自中枢");
    expect(await page.locator("table tbody tr").count()).toBe(2);
    await shoot("overview");
    expect(complaints).toEqual([]);
  });

  test.each([
    ["the sum of a book", (body: ConservationJson) => flip(body.assets[0]?.conservation, "value")],
    ["a proof", (body: ConservationJson) => flip(body.assets[1]?.index, "proof")],
    ["a commit", (body: ConservationJson) => flip(body.assetCount, "commit")],
    ["an asset", (body: ConservationJson) => body.assets.pop()],
  ])("总览 says 守恒 失败 when the hub has tampered with %s", async (what, tamper) => {
    await page.route("**/api/v1/conservation", async (route) => {
      const response = await route.fetch();
      const body = (await response.json()) as ConservationJson;
      tamper(body);
      await route.fulfill({ response, json: body });
    });
    await page.goto(hub);
    await page.locator('[data-test="verdict"]').getByText("守恒 失败").waitFor({ timeout: 30_000 });
    if (what === "the sum of a book") await shoot("overview-tampered");
  });

  test("总览 keeps to the chain that it has trusted, until somebody trusts anew", async () => {
    await page.goto(hub);
    await page.locator('[data-test="verdict"]').getByText("守恒 通过").waitFor({ timeout: 30_000 });
    // Another rope on the same address: what this browser knows of the sets leads nowhere.
    await page.evaluate(() => {
      const kept = JSON.parse(localStorage.getItem("ropenet/trust") ?? "{}");
      localStorage.setItem(
        "ropenet/trust",
        JSON.stringify({ ...kept, validatorsHash: "00".repeat(32) }),
      );
    });
    await page.reload();
    const verdict = page.locator('[data-test="verdict"]');
    await verdict.getByText("守恒 失败").waitFor({ timeout: 30_000 });
    await verdict.getByText("trust/unknown-set").waitFor();
    await shoot("overview-other-rope");
    page.on("dialog", (dialog) => void dialog.accept());
    await page.locator('[data-test="pin-anew"]').click();
    await verdict.getByText("守恒 通过").waitFor({ timeout: 30_000 });
  });

  test("跨链台账 lists every transfer, and its filters live in the address", async () => {
    await page.goto(`${hub}/transfers`);
    const rows = page.locator('[data-test="ledger"] tbody tr');
    await rows.first().waitFor({ timeout: 20_000 });
    const all = await rows.count();
    expect(all).toBe(2);
    const text = await page.locator('[data-test="ledger"]').innerText();
    for (const word of ["金融链", "仓储链", "1,385.40", "仓单", "已结清"])
      expect(text).toContain(word);
    await shoot("ledger");
    await page.locator(".filters select").first().selectOption("queued");
    await page.getByText("没有符合条件的转移").waitFor();
    expect(page.url()).toContain("state=queued");
    await page.goto(`${hub}/transfers?state=settled`);
    await rows.first().waitFor();
    expect(await rows.count()).toBe(all);
    expect(complaints).toEqual([]);
  });

  test("转移详情 shows five steps and links to the transactions on both chains", async () => {
    await page.goto(`${hub}/transfers`);
    await page.locator('[data-test="ledger"] tbody tr').first().click();
    const steps = page.locator('[data-test="steps"] li');
    await steps.first().waitFor({ timeout: 20_000 });
    expect(await steps.count()).toBe(5);
    expect(await page.locator('[data-test="steps"] li.done').count()).toBe(5);
    const proof = page.locator('[data-test="proof"]');
    expect(await proof.innerText()).toMatch(/高度 [1-9]\d*/);
    expect(await proof.getAttribute("class")).toBe("proven");
    const hashes = await page.locator('[data-test="steps"] li code').allInnerTexts();
    expect(hashes).toHaveLength(2);
    for (const link of await page.locator('[data-test="steps"] li a').all()) {
      const answer = await page.request.get(
        new URL((await link.getAttribute("href")) ?? "", hub).href,
      );
      expect(await answer.json()).toMatchObject({ succeeded: true });
    }
    await shoot("transfer");
    const { finance, warehouse } = await strands();
    const [sent = "", delivered = ""] = hashes;
    // The newest transfer is the storage fee: sent on 金融链, delivered on 仓储链.
    expect(await succeeded(finance, sent)).toBe(true);
    expect(await succeeded(warehouse, delivered)).toBe(true);
    expect(complaints).toEqual([]);
  });

  test("转移详情 says that the record tells otherwise when the hub shows another amount", async () => {
    await page.route("**/api/v1/transfers/*", async (route) => {
      const response = await route.fetch();
      const body = (await response.json()) as { transfer: { amount: string } };
      body.transfer.amount = `${body.transfer.amount}0`;
      await route.fulfill({ response, json: body });
    });
    await page.goto(`${hub}/transfers`);
    await page.locator('[data-test="ledger"] tbody tr').first().click();
    const proof = page.locator('[data-test="proof"]');
    await proof.getByText("verdict/other-transfer").waitFor({ timeout: 30_000 });
    expect(await proof.getAttribute("class")).toBe("error");
    await shoot("transfer-tampered");
  });

  test("链与适配器 shows both strands, active, with their trust class and proven height", async () => {
    await page.goto(`${hub}/chains`);
    const cards = page.locator('[data-test="chains"] article');
    await cards.first().waitFor({ timeout: 20_000 });
    expect(await cards.count()).toBe(2);
    const texts = await cards.allInnerTexts();
    expect(texts.join()).toContain("金融链");
    expect(texts.join()).toContain("仓储链");
    for (const text of texts) {
      expect(text).toContain("attested(3, 4)");
      expect(text).toContain("有效");
      expect(text).toMatch(/已证明高度\s+[1-9]\d*/);
    }
    await shoot("chains");
    expect(complaints).toEqual([]);
  });

  test("the language toggle turns the verdict into English and back", async () => {
    await page.goto(hub);
    await page.locator(".language").click();
    await page.getByText("Conservation holds").waitFor({ timeout: 30_000 });
    await shoot("overview-english");
    await page.locator(".language").click();
    await page.getByText("守恒 通过").waitFor();
  });

  async function strands(): Promise<Record<"finance" | "warehouse", StrandDescription>> {
    const { stateFolder } = await storyRun();
    return JSON.parse(readFileSync(join(stateFolder, "network.json"), "utf8"));
  }

  async function succeeded({ rpcUrl, chainId }: StrandDescription, hash: string): Promise<boolean> {
    const provider = new JsonRpcProvider(rpcUrl, chainId, { staticNetwork: true });
    try {
      const receipt = await provider.getTransactionReceipt(`0x${hash.replace(/^0x/, "")}`);
      return receipt?.status === 1;
    } finally {
      provider.destroy();
    }
  }
});

interface ProofJson {
  value: string | null;
  proof: string;
  commit: string;
}

interface ConservationJson {
  readonly assetCount: ProofJson;
  readonly assets: { readonly index: ProofJson; readonly conservation: ProofJson }[];
}

/** Changes the last hex digit of a field. */
function flip(proof: ProofJson | undefined, field: keyof ProofJson): void {
  if (!proof) throw new Error("nothing to tamper with");
  const value = proof[field] ?? "";
  proof[field] = `${value.slice(0, -1)}${value.endsWith("0") ? "1" : "0"}`;
}
