import { AppError } from '../contract/app-error.ts';
import { createGuestHandlers, createGuests } from './agent/guest-handlers.ts';
import { createParkedShells } from './agent/parked-shells.ts';
import { createConsoles } from './console/create-consoles.ts';
import type { Core, CorePorts } from './core.ts';
import type { CallContext, Handlers } from './handlers.ts';
import { createHost } from './host/host.ts';
import { describeDisks } from './image/describe-disks.ts';
import { createImageHandlers } from './image/image-handlers.ts';
import { getDefinition, getMachine, isSpare, isTemplate } from './machine/find-machine.ts';
import { createMachineStore } from './machine/machine-store.ts';
import { putNameInError } from './machine/name-in-hint.ts';
import { findRun, observeMachine } from './machine/observe-machine.ts';
import { createPower } from './machine/power.ts';
import type { Site } from './machine/site.ts';
import { summarise } from './machine/summarise.ts';
import { sweepLeftovers } from './machine/sweep.ts';
import { quoteForShell } from './qemu/quote-for-shell.ts';
import { createSpareKeeper } from './spare/keeper.ts';
import { prepareHomes, resolveHomes } from './storage/homes.ts';
import { createLocks } from './storage/lock.ts';
import { createTaskList } from './task/task-list.ts';
import { createTemplateHandlers } from './template/template-handlers.ts';
import { createThrowawayHandlers } from './throwaway/throwaway-handlers.ts';
import { changeTimeline } from './timeline/change-timeline.ts';
import { createTimelineHandlers } from './timeline/timeline-handlers.ts';
import { createTransferHandlers } from './transfer/transfer-handlers.ts';
import { createMachineWatcher } from './watch/machine-watcher.ts';
import { watchAll } from './watch/watch-all.ts';

const defaultWaitSeconds = 60;
const defaultRebootSeconds = 120;
const defaultActivityEntries = 200;

/** Composes everything that knows about machines. Cheap: nothing is read or started before it is asked for. */
export function createCore(ports: CorePorts): Core {
  const homes = resolveHomes(ports.environment);
  prepareHomes(homes);
  const host = createHost({
    environment: ports.environment,
    kvmDevice: ports.kvmDevice ?? '/dev/kvm',
    cacheFolder: homes.cache,
    dataFolder: homes.data,
  });
  const site: Site = {
    store: createMachineStore(homes),
    locks: createLocks(homes.machines),
    host,
    environment: ports.environment,
    rewarm: (id) => (ports.rewarm ?? rewarmHere)(id),
  };
  const power = createPower(site);
  const tasks = createTaskList();
  const rewarming = new Set<string>();
  /** What it fails with is told with the template. */
  const rewarmHere = (id: string): void => {
    if (rewarming.has(id)) return;
    rewarming.add(id);
    void handlers.template
      .rebuild({ template: id, ifNeeded: true }, {})
      .catch(() => {})
      .finally(() => rewarming.delete(id));
  };
  const consoles = createConsoles(site);
  const finishing = new Set<string>();
  /** Merges what a killed process left unmerged; what cannot be merged now is found again at the next look. */
  const finish = async (id: string): Promise<void> => {
    const stored = site.store.find(id);
    if (stored === undefined || finishing.has(id)) return;
    finishing.add(id);
    const { collect } = await import('./timeline/collect.ts');
    await tasks
      .run(`Finish deleting snapshots of “${stored.name}”`, id, {}, (task) =>
        changeTimeline(site, id, 'finish deleting snapshots', task, collect),
      )
      .catch(() => {});
    finishing.delete(id);
  };
  const watcher = createMachineWatcher(site, (ids) => {
    for (const id of ids) void finish(id);
  });

  const keeper = createSpareKeeper(site, watcher);

  const observe = (reference: string) => observeMachine(site.store, site.locks, getMachine(site.store, reference));
  const summary = async (reference: string) => summarise(await observe(reference));
  const info = async (reference: string) =>
    (await import('./machine/describe-machine.ts')).describeMachine(await observe(reference));
  /** The id first: a change may give the machine another name. */
  const idOf = (reference: string): string => getMachine(site.store, reference).id;

  const change =
    (act: (reference: string, signal?: AbortSignal) => Promise<void>) =>
    async ({ machine }: { machine: string }, { signal }: CallContext) => {
      const stored = getMachine(site.store, machine);
      await act(stored.id, signal);
      // A throwaway that is off is gone.
      if (stored.definition?.throwaway == null || site.store.find(stored.id) !== undefined) return summary(stored.id);
      return summarise({ stored, state: 'off', run: undefined, process: undefined, problems: [] });
    };

  const shells = createParkedShells();
  const guests = createGuests(site, shells);
  const throwaway = createThrowawayHandlers(site, tasks, summary, shells);

  const handlers: Handlers = {
    machine: {
      list: async () => {
        await sweepLeftovers(site);
        return Promise.all(
          site.store
            .list()
            .filter((stored) => !isTemplate(stored) && !isSpare(stored))
            .map(async (stored) => summarise(await observeMachine(site.store, site.locks, stored))),
        );
      },
      info: ({ machine }) => info(machine),
      disks: async ({ machine }) => {
        const stored = getMachine(site.store, machine);
        return describeDisks(getDefinition(stored), stored.folder);
      },
      activity: async ({ machine, limit }) => {
        const { readActivity } = await import('./machine/activity.ts');
        return readActivity(getMachine(site.store, machine).folder, limit ?? defaultActivityEntries);
      },
      qemu: async ({ machine }) => {
        const { stored, run, process: running } = await observe(machine);
        if (running !== undefined && run !== undefined) return { argv: run.argv, shell: quoteForShell(run.argv), running: true };
        const { planLaunch } = await import('./machine/start-machine.ts');
        const { argv } = await planLaunch(site.store, host, getDefinition(stored));
        return { argv: [...argv], shell: quoteForShell(argv), running: false };
      },
      create: (input, context) =>
        tasks.run(`Create “${input.name}”`, null, context, async (task) => {
          const { createMachine } = await import('./create/create-machine.ts');
          const { id } = await createMachine(site, input, task);
          // One of a template has been started already, from the template's memory.
          if (input.start === true && input.source.type !== 'template') {
            task.progress(null, 'Starting');
            await power.start(id, task.signal).catch((error: unknown) => {
              if (!(error instanceof AppError)) throw error;
              throw new AppError(error.code, `“${input.name}” was created, but not started. ${error.message}`, error);
            });
          }
          return summary(id);
        }),
      set: async ({ machine, settings }, { signal }) => {
        const { changeSettings } = await import('./machine/change-settings.ts');
        const id = idOf(machine);
        await changeSettings(site, id, settings, signal);
        return info(id);
      },
      start: change(power.start),
      suspend: ({ machine }, context) => {
        const { id, name } = getMachine(site.store, machine);
        return tasks.run(`Suspend “${name}”`, id, context, async (task) => {
          const { suspendMachine } = await import('./timeline/suspend-machine.ts');
          await suspendMachine(site, id, task);
          return summary(id);
        });
      },
      clone: ({ machine, ...wish }, context) => {
        const { id, name } = getMachine(site.store, machine);
        return tasks.run(`Clone “${name}” as “${wish.name}”`, id, context, async (task) => {
          const { cloneMachine } = await import('./timeline/clone-machine.ts');
          return summary(await changeTimeline(site, id, 'clone', task, (work) => cloneMachine(work, wish)));
        });
      },
      ...createGuestHandlers(site, tasks, guests),
      fork: ({ machine, ...wish }, context) => {
        const { id, name } = getMachine(site.store, machine);
        return tasks.run(`Fork “${name}”`, id, context, async (task) => {
          const { forkMachine } = await import('./throwaway/fork-machine.ts');
          const fork = await forkMachine(site, id, wish, task);
          return { machine: await summary(fork.id), pausedMs: fork.pausedMs };
        });
      },
      stats: async ({ machine }) => {
        const { readStats } = await import('./machine/read-stats.ts');
        const stored = getMachine(site.store, machine);
        return readStats({ stored, ...findRun(site.store, stored) });
      },
      detach: ({ machine }, context) => {
        const { id, name } = getMachine(site.store, machine);
        return tasks.run(`Make “${name}” independent`, id, context, async (task) => {
          const { detachMachine } = await import('./timeline/detach-machine.ts');
          await changeTimeline(site, id, 'make independent', task, detachMachine);
          return summary(id);
        });
      },
      relations: async ({ machine }) => {
        const { findBases, findPins, listPinning } = await import('./timeline/find-pins.ts');
        const id = idOf(machine);
        const dependents = listPinning(findPins(site.store, id)).filter((link) => !isSpare(site.store.find(link.id)));
        return { buildsOn: findBases(site.store, id), dependents };
      },
      ...createTransferHandlers({ site, tasks, summary, start: power.start }),
      shutdown: change(power.shutdown),
      reboot: async ({ machine, timeoutSeconds }, { signal }) => {
        await power.reboot(machine, timeoutSeconds ?? defaultRebootSeconds, signal);
        return summary(machine);
      },
      reset: change(power.reset),
      pause: change(power.pause),
      resume: change(power.resume),
      kill: ({ machine, ifThrowaway }, context) =>
        change((reference, signal) => power.kill(reference, signal, ifThrowaway))({ machine }, context),
      delete: async ({ machine, keepDisks }, { signal }) => {
        const { deleteMachine } = await import('./machine/delete-machine.ts');
        return deleteMachine(site, machine, keepDisks ?? false, signal);
      },
      screenshot: async ({ machine }) => {
        const { takeScreenshot } = await import('./console/keyboard-and-screen.ts');
        return { pngBase64: (await takeScreenshot(site, machine)).toString('base64') };
      },
      type: async ({ machine, text }, { signal }) => {
        const { typeText } = await import('./console/keyboard-and-screen.ts');
        await typeText(site, machine, text, signal);
        return {};
      },
      keys: async ({ machine, keys }, { signal }) => {
        const { pressKeys } = await import('./console/keyboard-and-screen.ts');
        await pressKeys(site, machine, keys, signal);
        return {};
      },
      wait: async ({ machine, timeoutSeconds, ...wish }, { signal }) => {
        const { waitFor } = await import('./machine/wait-for.ts');
        return { waitedSeconds: await waitFor(site, machine, wish.for, timeoutSeconds ?? defaultWaitSeconds, signal) };
      },
    },
    snapshot: createTimelineHandlers(site, tasks, summary),
    template: createTemplateHandlers(site, tasks),
    throwaway: {
      ...throwaway,
      matrix: async function* (wish, context) {
        const { runMatrix } = await import('./throwaway/matrix.ts');
        const { wait, screenshot, kill } = handlers.machine;
        yield* runMatrix({ store: site.store, tasks, guests, create: throwaway.create, wait, screenshot, kill }, wish, context);
      },
    },
    image: createImageHandlers(site, tasks),
    console: { ticket: async ({ machine, kind }) => ({ ticket: consoles.issue(machine, kind) }) },
    host: {
      doctor: ({ fresh }) => host.doctor({ fresh: fresh ?? false }),
      facts: () => host.facts(),
      browse: ({ folder }) => host.browse(folder),
    },
    task: {
      list: async () => tasks.list(),
      cancel: async ({ id }) => {
        tasks.cancel(id);
        return {};
      },
    },
    watch: { all: (_input, { signal }) => watchAll(watcher, tasks, signal) },
  };

  return {
    handlers: { ...handlers, machine: nameInErrors(handlers.machine), snapshot: nameInErrors(handlers.snapshot) },
    consoles,
    guests,
    keepReady: keeper.start,
    whenIdle: () => tasks.whenIdle(),
    close: async () => {
      await keeper.close();
      watcher.close();
      await tasks.close();
    },
  };
}

/** Lets the hints of errors name the machine that the call was about, as the caller named it. */
function nameInErrors<H extends Handlers['machine'] | Handlers['snapshot']>(handlers: H): H {
  type AnyCall = (input: { machine?: string; name?: string }, context: CallContext) => Promise<unknown>;
  const wrap =
    (call: AnyCall): AnyCall =>
    async (input, context) => {
      try {
        return await call(input, context);
      } catch (error) {
        throw putNameInError(error, input.machine ?? input.name ?? 'NAME');
      }
    };
  return Object.fromEntries(Object.entries(handlers).map(([verb, call]) => [verb, wrap(call as AnyCall)])) as unknown as H;
}
