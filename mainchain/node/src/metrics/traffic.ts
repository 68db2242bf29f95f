import { LANES, type Lane } from "../p2p/lanes.ts";

export interface LaneTraffic {
  readonly receivedBytes: number;
  readonly sentBytes: number;
}

/** Bytes of messages by lane since the process began; envelopes and handshakes are not counted. */
export interface Traffic {
  sent(lane: Lane, bytes: number): void;
  received(lane: Lane, bytes: number): void;
  lanes(): Readonly<Record<Lane, LaneTraffic>>;
  total(): LaneTraffic;
}

export function createTraffic(): Traffic {
  const zero = (): Record<Lane, number> => ({ vote: 0, proposal: 0, sync: 0, transaction: 0 });
  const sent = zero();
  const received = zero();
  const sum = (counts: Record<Lane, number>): number =>
    LANES.reduce((bytes, lane) => bytes + counts[lane], 0);
  const laneOf = (lane: Lane): LaneTraffic => ({
    receivedBytes: received[lane],
    sentBytes: sent[lane],
  });
  return {
    sent(lane, bytes): void {
      sent[lane] += bytes;
    },
    received(lane, bytes): void {
      received[lane] += bytes;
    },
    lanes: () => ({
      vote: laneOf("vote"),
      proposal: laneOf("proposal"),
      sync: laneOf("sync"),
      transaction: laneOf("transaction"),
    }),
    total: () => ({ receivedBytes: sum(received), sentBytes: sum(sent) }),
  };
}
