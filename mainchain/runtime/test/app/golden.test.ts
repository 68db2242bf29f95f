import { bytesToHex, lienSlot, lienValue, ZERO_32 } from "@ropenet/protocol";
import { expect, it } from "vitest";
import { seed } from "../kit/accounts.ts";
import { alice, bob, LATER_MS, officer, ROPE, relayer } from "../kit/genesis.ts";
import { liftHold, placeHold, SUBJECT } from "../kit/holds.ts";
import { claimBooks } from "../kit/observe.ts";
import { plan, RopeBench } from "../kit/rope-bench.ts";
import { cny, createWorld, deed, gold, metered, type World } from "../kit/world.ts";

const finalRecipient = seed("recipient");
const tokenId = seed("the deed");

/** A little of everything: what is done here never changes, so that its state root does not either. */
function story(world: World): void {
  const { rope, a, b, c } = world;
  const { assetId } = cny;
  const fungible = { assetId, finalRecipient, tokenId: ZERO_32 };
  world.relay(
    a,
    a.send({ ...fungible, amount: 600n, finalGateway: b.gateway }),
    a.send({ ...fungible, amount: 200n, finalGateway: ROPE, finalRecipient: alice.b32 }),
    a.send({ ...fungible, amount: 7n, finalGateway: seed("nowhere") }),
    a.send({ ...fungible, assetId: deed.assetId, tokenId, amount: 1n, finalGateway: b.gateway }),
  );
  world.answer(b);
  world.answer(a);
  const sendBack = plan(alice, "transfers/send-asset", {
    ...{ ...fungible, amount: 100n, finalGateway: c.gateway, finalTimeoutMs: LATER_MS },
    ...{ finalGasLimit: 1, obligationId: ZERO_32, memo: seed("memo") },
  });
  rope.do(sendBack);
  world.answer(c, { status: 2, code: 5 });
  const holdId = placeHold(rope, { kind: SUBJECT.asset, subject: assetId });
  world.relay(b, b.send({ ...fungible, amount: 100n, finalGateway: a.gateway }));
  liftHold(rope, holdId, 2);
  world.relay(
    b,
    b.send({ ...fungible, assetId: metered.assetId, amount: 5_000n, finalGateway: a.gateway }),
    b.lie({ ...fungible, amount: 10_000n, finalGateway: a.gateway }),
  );
  const lien = { lienHolder: seed("bank"), amount: 9n, agreement: seed("agreement") };
  b.state.set(lienSlot(deed.assetId, tokenId), lienValue(lien));
  const update = world.update(b);
  rope.do(
    update,
    plan(relayer, "asset/observe-lien", {
      ...{ anchor: b.state.anchor(), assetId: deed.assetId, tokenId, ...lien },
      proof: b.state.prove(lienSlot(deed.assetId, tokenId)),
    }),
    plan(relayer, "transfers/observe-books", claimBooks(b, metered.assetId)),
  );
  const issue = { assetId: gold.assetId, tokenId: ZERO_32, amount: 50n, to: bob.address };
  rope.do(
    plan(officer.standards, "asset/issue", issue),
    plan(alice, "accounts/transfer", { to: bob.address, amount: 10n ** 9n }),
    plan(alice, "checkpoints/request", {}),
  );
  // One that fails leaves its nonce and its fee.
  rope.block([plan(bob, "asset/transfer", { ...issue, amount: 51n, to: alice.address })]);
  rope.at(rope.timeMs + 60_000n);
  // Not signed: the bytes of a signature are the signer's choice, and they are part of the state.
  rope.do();
}

/**
 * A change of these literals is a change of consensus: nodes of before and after would part. Make it on purpose,
 * with docs/protocol.md if it is a rule, and never to make a test pass.
 */
it("the same blocks give the same state roots, for ever", () => {
  const genesis = RopeBench.create();
  const world = createWorld();
  const founded = bytesToHex(world.rope.stateRoot);
  story(world);
  expect({
    genesis: bytesToHex(genesis.stateRoot),
    founded,
    told: bytesToHex(world.rope.stateRoot),
    height: world.rope.height,
  }).toEqual({
    genesis: "de97d77fe23adca563eb7985e52b23098842c7499b396153ba60beacee3675a8",
    founded: "4340bb538feb293aa90e00699fbae978278f69c409aa83ef7a1618bcd6f7248d",
    told: "f168be46b90d3cbf15aa0967a975d1da44ba9513d3574c39b48a1487daead390",
    height: 20n,
  });
});
