export * from './app-error.ts';
export * from './host.ts';
export * from './machine.ts';
export * from './operation.ts';
export * from './operations.ts';
export * from './task.ts';
export * from './watch.ts';
export * from './window-bridge.ts';
