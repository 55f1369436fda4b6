import { config } from 'zod';
import { AppError } from '../contract/app-error.ts';
import { createCall } from './call.ts';
import { bothyFailed } from './exit-code.ts';
import { createOutput, type Output } from './output/output.ts';
import { type ParsedLine, parseLine } from './program.ts';
import { reportError } from './report-error.ts';

config({ jitless: true });

/** Runs one command line in this process and leaves its exit code in `process.exitCode`; the process then ends by itself. */
export async function runCli(argv: readonly string[], environment: NodeJS.ProcessEnv): Promise<void> {
  let line: ParsedLine | undefined;
  let hasOutputFailed = false;
  const passesExitCode = (): boolean => line?.kind === 'command' && line.command.passesExitCode;
  const output = createOutput(environment, () => {
    hasOutputFailed = true;
    process.exitCode = passesExitCode() ? bothyFailed : 1;
  });
  if (argv[0] === '__complete') {
    const { complete } = await import('./completion/complete.ts');
    output.write(await complete(argv.slice(1), environment));
    return;
  }
  let isJson = argv.slice(0, argv.includes('--') ? argv.indexOf('--') : undefined).includes('--json');
  process.on('uncaughtException', (error) => {
    const exitCode = reportError(error, output, isJson);
    process.exit(passesExitCode() ? bothyFailed : exitCode);
  });
  try {
    line = await parseLine(argv);
    if (line.kind === 'text') {
      output.write(line.text);
      return;
    }
    isJson = line.isJson;
    const exitCode = await runCommand(line, output, environment);
    // What has to do with the output ends by itself then, and cleans up.
    if (!hasOutputFailed) process.exitCode = exitCode;
  } catch (error) {
    process.exitCode = reportError(error, output, isJson);
  }
}

async function runCommand(
  line: ParsedLine & { kind: 'command' },
  output: Output,
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  const interruption = listenForInterrupts(output);
  const { call, close } = createCall({
    arguments: line.arguments,
    isJson: line.isJson,
    signal: interruption.signal,
    output,
    environment,
  });
  try {
    return (await line.command.run(call, line.options)) ?? 0;
  } catch (error) {
    const exitCode = reportError(error, output, line.isJson);
    if (exitCode === 130) return interruption.exitCode();
    return line.command.passesExitCode && !(error instanceof AppError && error.code === 'usage') ? bothyFailed : exitCode;
  } finally {
    await close();
    interruption.stop();
  }
}

/** The first Ctrl+C asks for a clean end, the second does not wait for it. */
function listenForInterrupts(output: Output) {
  const controller = new AbortController();
  let exitCode = 130;
  let patience: NodeJS.Timeout | undefined;
  const interrupt = (signal: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(exitCode);
    exitCode = interruptCodes[signal] ?? 130;
    controller.abort(new AppError('cancelled', 'Cancelled.'));
    if (process.stderr.isTTY === true) {
      patience = setTimeout(() => output.note('cleaning up; Ctrl+C once more leaves at once'), 500);
      patience.unref();
    }
  };
  for (const signal of Object.keys(interruptCodes)) process.on(signal, interrupt);
  return {
    signal: controller.signal,
    exitCode: () => exitCode,
    stop() {
      clearTimeout(patience);
      for (const signal of Object.keys(interruptCodes)) process.off(signal, interrupt);
    },
  };
}

const interruptCodes: Partial<Record<NodeJS.Signals, number>> = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };
