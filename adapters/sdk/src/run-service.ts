import { parseArgs } from "node:util";
import { CodedError } from "@ropenet/protocol";

/** A process of the bridge: it takes a configuration file and runs until it is told to stop. */
export interface Service {
  /** first part of its codes: `relayer`, `hub`, … */
  readonly name: string;
  readonly help: string;
  /** Starts it; what it returns stops it. @throws {CodedError} in one line why it cannot run */
  start(configFile: string): Promise<() => Promise<void>>;
}

const BAD_ARGUMENTS = 2;

/** @throws {CodedError} `NAME/bad-arguments` */
function readArguments({ name }: Service): {
  readonly config?: string | undefined;
  readonly help: boolean;
} {
  const options = {
    config: { type: "string", multiple: true },
    help: { type: "boolean", default: false },
  } as const;
  try {
    const { values } = parseArgs({ options });
    const [config, ...more] = values.config ?? [];
    if (more.length > 0) throw new Error("--config twice");
    if (config === undefined && !values.help) throw new Error("--config FILE is missing");
    return { config, help: values.help };
  } catch (cause) {
    const [detail = ""] = (cause as Error).message.split("\n", 1);
    throw new CodedError({ code: `${name}/bad-arguments`, detail, mend: "--help" }, { cause });
  }
}

function lineOf({ name }: Service, error: unknown): string {
  if (error instanceof CodedError) return error.message;
  const detail = error instanceof Error ? error.message : String(error);
  return new CodedError({ code: `${name}/unexpected`, detail }).message;
}

/** The one way in which services start and stop: codes instead of stack traces, 2 for a bad command line. */
export async function runService(service: Service): Promise<void> {
  const complain = (error: unknown, status: number): void => {
    process.stderr.write(`${lineOf(service, error).split("\n", 1)[0]}\n`);
    process.exitCode = status;
  };
  let values: ReturnType<typeof readArguments>;
  try {
    values = readArguments(service);
  } catch (error) {
    complain(error, BAD_ARGUMENTS);
    return;
  }
  if (values.help || !values.config) {
    process.stdout.write(service.help);
    return;
  }
  try {
    const stop = await service.start(values.config);
    for (const name of ["SIGINT", "SIGTERM"] as const) {
      process.once(name, () => {
        void stop().then(() => process.exit(0));
      });
    }
  } catch (error) {
    complain(error, 1);
  }
}
