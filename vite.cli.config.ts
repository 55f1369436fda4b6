import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig, type Plugin, type Rolldown } from 'vite';

/**
 * Builds the command line: two packs of chunks, and the compiled code of them. Many small files cost more to find than one to read,
 * and one with all in it costs more to read than a short command takes for all else.
 */
export default defineConfig({
  publicDir: false,
  plugins: [packs()],
  ssr: { noExternal: true, target: 'node' },
  build: {
    ssr: true,
    target: 'node20',
    outDir: 'dist/cli',
    emptyOutDir: true,
    minify: true,
    reportCompressedSize: false,
    rolldownOptions: {
      input: { main: 'cli/run-cli.ts' },
      output: { format: 'cjs', exports: 'named', entryFileNames: 'main.js', chunkFileNames: '[name].js' },
    },
  },
});

/** What the quick pack has, each with all that it imports: the way of `bothy run` and of `bothy list`. */
const quickModules = [
  'cli/run-cli.ts',
  'cli/commands/exec.ts',
  'cli/commands/list.ts',
  'cli/commands/run.ts',
  'cli/join-guest.ts',
  'cli/run-throwaway.ts',
  'core/agent/start-in-guest.ts',
  'core/create-core.ts',
  'core/invoke.ts',
];

/** Replaces the chunks by the packs, which launch.cjs runs. */
function packs(): Plugin {
  return {
    name: 'packs',
    generateBundle(_options, bundle) {
      const chunks = Object.values(bundle).filter((file) => file.type === 'chunk');
      const quick = findQuick(chunks);
      const rest = chunks.filter((chunk) => !quick.has(chunk));
      this.emitFile({ type: 'asset', fileName: 'quick.js', source: pack([...quick]) });
      this.emitFile({ type: 'asset', fileName: 'rest.js', source: pack(rest) });
      for (const { fileName } of chunks) delete bundle[fileName];
    },
    closeBundle: finish,
  };
}

function findQuick(chunks: readonly Rolldown.OutputChunk[]): Set<Rolldown.OutputChunk> {
  const quick = new Set<Rolldown.OutputChunk>();
  const add = (chunk: Rolldown.OutputChunk | undefined): void => {
    if (chunk === undefined || quick.has(chunk)) return;
    quick.add(chunk);
    for (const name of chunk.imports) add(chunks.find(({ fileName }) => fileName === name));
  };
  for (const module of quickModules) {
    const chunk = chunks.find(({ moduleIds }) => moduleIds.includes(join(import.meta.dirname, module)));
    if (chunk === undefined) throw new Error(`vite.cli.config.ts: there is no module ${module}.`);
    add(chunk);
  }
  return quick;
}

/**
 * A script that gives an object with every chunk as the body of a CommonJS module. What is not ASCII is written as an escape: text of
 * one byte per character is read without decoding it.
 */
function pack(chunks: readonly Rolldown.OutputChunk[]): string {
  const modules = chunks.map(
    ({ fileName, code }) => `${JSON.stringify(fileName)}:function(exports,require,module,__filename,__dirname){${code}\n}`,
  );
  return `({${modules.join(',\n')}})\n`.replaceAll(
    /[\u0080-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Puts the launcher beside the packs, and keeps the compiled code of a run that lists no machines. */
function finish(): void {
  const launcher = 'dist/cli/bothy.js';
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
