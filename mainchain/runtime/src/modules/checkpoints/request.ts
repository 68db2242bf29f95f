import { utf8ToBytes } from "@ropenet/protocol";

/** Present while somebody waits for a checkpoint that is not due yet. */
export const REQUEST_KEY: Uint8Array = utf8ToBytes("checkpoints/requested/");
