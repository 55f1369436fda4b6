import module from 'node:module';

// Keeps compiled code between runs where Node can (22.8 and later); nothing but this may be loaded before it.
(module as { enableCompileCache?: () => unknown }).enableCompileCache?.();
const { runCli } = await import('./run-cli.ts');
await runCli(process.argv.slice(2), process.env);
