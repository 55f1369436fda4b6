import { resolve } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'electron-vite';

const root = import.meta.dirname;

/** Builds the Electron shell and the window; everything but Electron itself is bundled, so a package needs no node_modules. */
export default defineConfig({
  main: {
    build: {
      outDir: 'dist/electron/main',
      externalizeDeps: false,
      target: 'node22',
      rolldownOptions: { input: { main: resolve(root, 'electron/main/main.ts') }, output: { format: 'es' } },
    },
  },
  preload: {
    build: {
      outDir: 'dist/electron/preload',
      externalizeDeps: false,
      target: 'node22',
      // A sandboxed preload script is CommonJS and one file.
      rolldownOptions: {
        input: { preload: resolve(root, 'electron/preload/preload.ts') },
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: 'renderer',
    base: '/',
    plugins: [react()],
    build: {
      outDir: resolve(root, 'dist/renderer'),
      emptyOutDir: true,
      // electron-vite does not minify the window by itself.
      minify: true,
      reportCompressedSize: false,
      rolldownOptions: { input: resolve(root, 'renderer/index.html') },
    },
  },
});
