#!/usr/bin/env -S -u NODE_EXTRA_CA_CERTS node
// Where that variable is set, as on many company computers, Node reads every certificate at its start, which takes longer than all the
// rest of it. Nothing here speaks TLS.
//
// The `bothy` command: runs main.js beside it, with the compiled code that the build kept of it. Most of a short command's time is
// reading and compiling code; V8 refuses compiled code that another version made, and then compiles anew.
const { readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const vm = require('node:vm');

const file = join(__dirname, 'main.js');
const codeFile = join(__dirname, 'main.code');

/** Undefined when there is none. */
function readCode() {
  try {
    return readFileSync(codeFile);
  } catch {
    return undefined;
  }
}

const script = new vm.Script(`(function (exports, require, module, __filename, __dirname) {${readFileSync(file, 'latin1')}\n})`, {
  filename: file,
  cachedData: readCode(),
  importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
});
const main = { exports: {} };
script.runInThisContext()(main.exports, require, main, file, __dirname);
main.exports.runCli(process.argv.slice(2), process.env).then(() => {
  // Asked for by the build: what ran until now is what nearly every command runs.
  if (process.env.BOTHY_KEEP_CODE === '1') writeFileSync(codeFile, script.createCachedData());
  // Taking down the heap takes time, and nothing is left to do when all is written. What was written in vain is told by then.
  setImmediate(() => {
    if (process.stdout.writableLength === 0 && process.stderr.writableLength === 0) process.exit();
  });
});
