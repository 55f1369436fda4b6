import { spawn } from 'node:child_process';

/** Has a template warmed again by a process of its own, which goes on when this command has ended; nobody waits for it. */
export function rewarmDetached(templateId: string, environment: Readonly<Record<string, string | undefined>>): void {
  const [node, program] = process.argv;
  if (node === undefined || program === undefined) return;
  const child = spawn(node, [program, 'template', 'rebuild', templateId, '--if-needed'], {
    detached: true,
    cwd: '/',
    stdio: 'ignore',
    env: { ...environment },
  });
  // What it fails with is told with the template.
  child.on('error', () => {});
  child.unref();
}
