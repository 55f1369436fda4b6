#!/usr/bin/env -S -u NODE_EXTRA_CA_CERTS node
// Where that variable is set, as on many company computers, Node reads every certificate at its start, which takes longer than all the
// rest of it. Nothing here speaks TLS.
//
// The `bothy` command: runs main.js of the packs beside it, with the compiled code that the build kept of them. Most of a short
// command's time is reading and compiling code; V8 refuses compiled code that another version made, and then compiles anew.
const { readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const vm = require('node:vm');

const packs = new Map();
const modules = new Map();

/** Undefined when there is none. */
function readCode(name) {
  try {
    return readFileSync(join(__dirname, `${name}.code`));
  } catch {
    return undefined;
  }
}

/**
 * The script of a pack, and its chunks by file name, each the body of a CommonJS module. `quick` has what short commands use; `rest`,
 * all else, is read when something of it is asked for. See vite.cli.config.ts.
 */
function openPack(name) {
  const opened = packs.get(name);
  if (opened !== undefined) return opened;
  const filename = join(__dirname, `${name}.js`);
  const script = new vm.Script(readFileSync(filename, 'latin1'), {
    filename,
    cachedData: readCode(name),
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  const pack = { script, chunks: script.runInThisContext() };
  packs.set(name, pack);
  return pack;
}

/** `require` for chunks; what belongs to Node is loaded with the first chunk that uses it. */
function load(id) {
  if (!id.startsWith('./')) return require(id);
  const loaded = modules.get(id);
  if (loaded !== undefined) return loaded.exports;
  const module = { exports: {} };
  modules.set(id, module);
  const name = id.slice(2);
  const run = openPack('quick').chunks[name] ?? openPack('rest').chunks[name];
  run(module.exports, load, module, __filename, __dirname);
  return module.exports;
}

load('./main.js')
  .runCli(process.argv.slice(2), process.env)
  .then(() => {
    // Asked for by the build: what ran until now is what nearly every command runs.
    if (process.env.BOTHY_KEEP_CODE === '1') keepCode();
    // Taking down the heap takes time, and nothing is left to do when all is written. What was written in vain is told by then.
    setImmediate(() => {
      if (process.stdout.writableLength === 0 && process.stderr.writableLength === 0) process.exit();
    });
  });

function keepCode() {
  openPack('rest');
  for (const [name, { script }] of packs) writeFileSync(join(__dirname, `${name}.code`), script.createCachedData());
}
