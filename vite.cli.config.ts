import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vite';

/**
 * Builds the command line: one file, of which a run initialises only what it uses, and its compiled code. Many small files
 * cost more to find than this one to read.
 */
export default defineConfig({
  publicDir: false,
  plugins: [{ name: 'launcher', closeBundle: finish }],
  ssr: { noExternal: true, target: 'node' },
  build: {
    ssr: true,
    target: 'node20',
    outDir: 'dist/cli',
    emptyOutDir: true,
    // Source maps stay beside the code; Node reads them only when asked to.
    sourcemap: 'hidden',
    minify: true,
    reportCompressedSize: false,
    rolldownOptions: {
      input: { main: 'cli/run-cli.ts' },
      output: { format: 'cjs', exports: 'named', codeSplitting: false, entryFileNames: 'main.js' },
    },
  },
});

/** Puts the launcher beside the bundle, and keeps the compiled code of a run that lists no machines. */
function finish(): void {
  const launcher = 'dist/cli/bothy.js';
  escapeText('dist/cli/main.js');
  copyFileSync('cli/launch.cjs', launcher);
  chmodSync(launcher, 0o755);
  writeFileSync('dist/cli/package.json', '{ "type": "commonjs" }\n');
  const home = mkdtempSync(join(tmpdir(), 'bothy-build-'));
  try {
    const env = { ...process.env, BOTHY_HOME: home, BOTHY_KEEP_CODE: '1' };
    execFileSync(process.execPath, [launcher, 'list', '--json'], { env, stdio: 'ignore' });
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** Writes what is not ASCII as an escape: text of one byte per character is read without decoding it. */
function escapeText(file: string): void {
  const text = readFileSync(file, 'utf8');
  const escaped = text.replaceAll(
    /[\u0080-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  writeFileSync(file, escaped);
}
