// Takes one stream from a Unix socket and writes it to a new file: receive-memory.mjs SOCKET FILE.
//
// It is a process of its own, so that writing gigabytes holds up nobody, and ends with QEMU's stream. What cannot be written is read
// all the same, so that QEMU comes to its end. The file goes to the disk once its parent has closed standard input, or is gone; when nobody
// has connected by then, it ends.
//
// On standard output: `ready`, then `received BYTES` or `failed CODE`, one a line.
import { closeSync, fsyncSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { createServer } from 'node:net';

const [socketPath, file] = process.argv.slice(-2);
let failure = '';
let bytes = 0;
let isConnected = false;
let isLeftAlone = false;
let finishSaving = () => {};

process.stdout.on('error', () => {});
const say = (line) => process.stdout.write(`${line}\n`);
const leave = (line) => {
  process.exitCode = line.startsWith('failed') ? 1 : 0;
  process.stdout.write(`${line}\n`, () => process.exit());
};

const server = createServer((socket) => {
  isConnected = true;
  server.close();
  const target = openTarget();
  socket.on('data', (chunk) => {
    if (failure === '') writeAll(target, chunk);
  });
  socket.on('error', ({ code }) => {
    failure ||= code;
  });
  socket.on('close', () => {
    finishSaving = () => leave(finish(target));
    if (isLeftAlone) finishSaving();
  });
});
server.on('error', ({ code }) => leave(`failed ${code}`));
server.listen(socketPath, () => say('ready'));

process.stdin.on('error', () => {});
process.stdin.on('end', () => {
  isLeftAlone = true;
  if (isConnected) finishSaving();
  else server.close(() => leave('failed ECANCELED'));
});
process.stdin.resume();

function openTarget() {
  try {
    return openSync(file, 'wx', 0o600);
  } catch ({ code }) {
    failure ||= code;
    return undefined;
  }
}

function writeAll(target, chunk) {
  try {
    for (let done = 0; done < chunk.length; ) done += writeSync(target, chunk, done);
    bytes += chunk.length;
  } catch ({ code }) {
    failure ||= code;
  }
}

// What is not whole makes room at once.
function finish(target) {
  try {
    if (target !== undefined) {
      if (failure !== '') ftruncateSync(target);
      fsyncSync(target);
      closeSync(target);
    }
  } catch ({ code }) {
    failure ||= code;
  }
  return failure === '' ? `received ${bytes}` : `failed ${failure}`;
}
