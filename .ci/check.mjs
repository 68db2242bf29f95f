// `npm run check`: types, lint and layering, side by side; each one's words in one piece, and the first failure's status.
import { spawn } from "node:child_process";

const PARTS = ["typecheck", "lint", "layering"];

function run(name) {
  return new Promise((resolve) => {
    const child = spawn("npm", ["run", "-s", name], { stdio: ["ignore", "pipe", "pipe"] });
    let text = "";
    const keep = (chunk) => {
      text += chunk;
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.once("close", (code) => resolve({ name, text, code: code ?? 1 }));
  });
}

const ended = await Promise.all(PARTS.map(run));
for (const { name, text, code } of ended) {
  process.stdout.write(text);
  if (code !== 0) process.stdout.write(`check: ${name} failed\n`);
}
process.exitCode = ended.find(({ code }) => code !== 0)?.code ?? 0;
