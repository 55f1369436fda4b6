#!/usr/bin/env node
// The way into `npm start` and `npm test`. It uses nothing new, so that a Node too old for the rest, which is loaded only
// afterwards, can still say so.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Bothy needs Node 20.19 or newer; this is ${process.version}. See https://nodejs.org/en/download.`);
  process.exit(1);
}
import(`./${process.argv[2]}.mjs`).catch((error) => {
  console.error(error);
  process.exit(1);
});
