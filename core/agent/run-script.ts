import { setTimeout as delay } from 'node:timers/promises';
import { requestAgent } from './request-agent.ts';

/** What `guest-exec-status` says; output is base64. */
export interface ExecStatus {
  readonly exited: boolean;
  readonly exitcode?: number;
  readonly signal?: number;
  readonly 'out-data'?: string;
  readonly 'err-data'?: string;
  readonly 'out-truncated'?: boolean;
  readonly 'err-truncated'?: boolean;
}

/** Asks the agent one thing and waits for the answer. Rejects with `AgentRefusal`, or another error when none came in time. */
export async function askAgent<T>(runtimeFolder: string, command: string, parameters: object, timeoutMs: number): Promise<T> {
  const request = await requestAgent<T>(runtimeFolder, command, parameters, performance.now() + timeoutMs);
  const timer = setTimeout(request.close, timeoutMs);
  try {
    return await request.answer;
  } finally {
    clearTimeout(timer);
    request.close();
  }
}

/** Runs a little shell script in the guest, beside whatever else runs there, and gives its exit code and what it printed. */
export async function runScript(
  runtimeFolder: string,
  script: string,
  words: readonly string[],
  timeoutMs = 5000,
): Promise<{ readonly exitCode: number; readonly output: string }> {
  const deadline = performance.now() + timeoutMs;
  const left = (): number => Math.max(1, deadline - performance.now());
  const parameters = { path: '/bin/sh', arg: ['-c', script, 'bothy', ...words], 'capture-output': true };
  const { pid } = await askAgent<{ pid: number }>(runtimeFolder, 'guest-exec', parameters, left());
  for (let pauseMs = 10; ; pauseMs = Math.min(100, pauseMs * 2)) {
    await delay(pauseMs);
    const status = await askAgent<ExecStatus>(runtimeFolder, 'guest-exec-status', { pid }, left());
    if (status.exited)
      return { exitCode: status.exitcode ?? 128, output: Buffer.from(status['out-data'] ?? '', 'base64').toString('utf8') };
  }
}
