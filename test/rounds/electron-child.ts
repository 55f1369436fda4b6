import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { startMainProcess } from '../electron/main-process.ts';
import { callOperation } from './call-operation.ts';

// A process that is Electron's main process (the built bundle on the stand-in) with one window, which asks for what it is told.
const main = startMainProcess({ environment: process.env });
await main.waitFor('window.show');
const { call } = main.openPage();
await call.machine.list({});
process.stdout.write('ready\n');
const [line] = (await once(createInterface(process.stdin), 'line')) as [string];
const { operation, input } = JSON.parse(line) as { operation: string; input: object };
await callOperation(call, operation, input);
process.stdout.write('done\n');
