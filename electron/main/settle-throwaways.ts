import { type BrowserWindow, dialog } from 'electron';
import { errorToData } from '../../contract/app-error.ts';
import type { MachineSummary } from '../../contract/machine.ts';
import type { Core } from '../../core/core.ts';

type Handlers = Pick<Core, 'handlers'>;

/** Asks once what becomes of the throwaways that end with this process, and sees to it. Whether the window may close. */
export async function settleThrowaways(window: BrowserWindow, core: Handlers): Promise<boolean> {
  const own = await listOwn(core).catch(() => []);
  const [first] = own;
  if (first === undefined) return true;
  const isOne = own.length === 1;
  const { response } = await dialog.showMessageBox(window, {
    type: 'question',
    message: isOne ? `Throw “${first.name}” away?` : `Throw ${own.length} machines away?`,
    detail: `${isOne ? 'It is a throwaway and ends' : `${own.map(({ name }) => name).join(', ')} are throwaways and end`} with this window. Kept, ${isOne ? 'it is a machine' : 'they are machines'} like any other and ${isOne ? 'goes' : 'go'} on.`,
    buttons: ['Throw away', isOne ? 'Keep it' : 'Keep them', 'Cancel'],
    defaultId: 0,
    cancelId: cancelButton,
    noLink: true,
  });
  if (response === cancelButton) return false;
  if (response === keepButton) return await keepAll(core, own);
  // One that ended meanwhile is gone already, and whatever is left ends with this process.
  await Promise.allSettled(own.map(({ id }) => core.handlers.machine.kill({ machine: id, ifThrowaway: true }, {})));
  return true;
}

const keepButton = 1;
const cancelButton = 2;

/** The throwaways that this process wanted, by name. */
async function listOwn({ handlers: { machine } }: Handlers): Promise<readonly MachineSummary[]> {
  const throwaways = (await machine.list({}, {})).filter(({ throwaway, state }) => throwaway && state !== 'broken');
  const infos = await Promise.all(throwaways.map(({ id }) => machine.info({ machine: id }, {}).catch(() => undefined)));
  const own = new Set(infos.flatMap((info) => (info?.definition?.throwaway?.owner?.pid === process.pid ? [info.id] : [])));
  return throwaways.filter(({ id }) => own.has(id)).sort((a, b) => a.name.localeCompare(b.name));
}

/** Keeps them one after the other; whether all are kept. What could not be is told, and the window stays. */
async function keepAll({ handlers: { throwaway } }: Handlers, own: readonly MachineSummary[]): Promise<boolean> {
  for (const { id, name } of own) {
    try {
      await throwaway.keep({ machine: id }, {});
    } catch (error) {
      const { message, hint } = errorToData(error);
      dialog.showErrorBox(`“${name}” is not kept`, hint === undefined ? message : `${message}\n\n${hint}`);
      return false;
    }
  }
  return true;
}
