import { chmodSync } from 'node:fs';
import { defineConfig } from 'vite';

/** Builds the command line: one small entry and a chunk per command, so that each run loads only what it uses. */
export default defineConfig({
  publicDir: false,
  plugins: [{ name: 'executable', closeBundle: () => chmodSync('dist/cli/bothy.js', 0o755) }],
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
      input: { bothy: 'cli/bothy.ts' },
      output: {
        format: 'esm',
        banner: (chunk) => (chunk.isEntry ? '#!/usr/bin/env node' : ''),
        chunkFileNames: 'chunks/[name]-[hash].js',
      },
    },
  },
});
