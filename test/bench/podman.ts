import { execFile } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { unpackPackages } from '../../scripts/guests/apt.ts';
import { listLibraries } from '../guests/libraries.ts';
import { findTool } from '../kit/require-tool.ts';

const run = promisify(execFile);
const image = 'localhost/bothy-bench';

/** A podman that can run the busybox our guests have, with storage of its own in a scratch folder. */
export interface Podman {
  readonly version: string;
  /** The command that runs something in a container and removes it; `network` as podman calls it, its default when left out. */
  buildRun(command: readonly string[], network?: string): readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Gives its storage back. */
  dispose(): Promise<void>;
}

/** The installed podman, or else Debian's, unpacked into the cache of guests. Gives the reason when it does not work here. */
export async function findPodman(scratch: string): Promise<Podman | string> {
  if (process.getuid?.() !== 0) return 'podman is compared as root only, where it needs no helper for its network';
  try {
    const environment = findTool('podman') === undefined ? await unpackPodman(scratch) : { ...process.env };
    const places = ['--root', join(scratch, 'podman'), '--runroot', join(scratch, 'podman-run'), '--runtime', 'runc'];
    const podman = async (...args: string[]): Promise<string> =>
      (await run('podman', [...places, ...args], { env: environment, maxBuffer: 16 * 1024 ** 2 })).stdout;
    await podman('import', '--quiet', await writeRootFileSystem(scratch), image);
    const limits = ['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1000:1000'];
    const buildRun = (command: readonly string[], network?: string): readonly string[] => [
      ...['podman', ...places, 'run', '--rm', ...limits],
      ...(network === undefined ? [] : ['--network', network]),
      image,
      ...command,
    ];
    for (const network of [undefined, 'none']) await run('podman', buildRun(['true'], network).slice(1), { env: environment });
    const version = (await podman('--version')).trim();
    return { version, buildRun, environment, dispose: async () => void (await podman('rmi', '--all', '--force')) };
  } catch (error) {
    // What podman mounts for itself, and leaves.
    await run('umount', [join(scratch, 'podman/overlay')]).catch(() => undefined);
    return `podman does not run here: ${String((error as { stderr?: string }).stderr || error).trim()}`;
  }
}

/** Only busybox, as in our small guest. */
async function writeRootFileSystem(scratch: string): Promise<string> {
  const busybox = join(await unpackPackages(['busybox-static']), 'bin/busybox');
  const folder = join(scratch, 'container');
  mkdirSync(join(folder, 'bin'), { recursive: true });
  await run('cp', [busybox, join(folder, 'bin/busybox')]);
  for (const applet of ['sh', 'true', 'uname']) symlinkSync('busybox', join(folder, 'bin', applet));
  const archive = join(scratch, 'container.tar');
  await run('tar', ['-C', folder, '-cf', archive, '.']);
  return archive;
}

/** An environment in which podman, its runtime and its network plugins are found where they were unpacked. */
async function unpackPodman(scratch: string): Promise<Record<string, string | undefined>> {
  const root = await unpackPackages(['podman'], {
    withDependencies: true,
    also: ['runc', 'conmon', 'containernetworking-plugins', 'golang-github-containers-common', 'iptables'],
  });
  const libraries = join(scratch, 'podman-lib');
  mkdirSync(libraries);
  for (const file of listLibraries(root)) symlinkSync(file, join(libraries, basename(file)));
  // Debian names it by its alternatives system, which a mere unpacking does not run.
  const programs = join(scratch, 'podman-bin');
  mkdirSync(programs);
  for (const name of ['iptables', 'ip6tables']) symlinkSync(join(root, 'usr/sbin/xtables-nft-multi'), join(programs, name));
  const settings = join(scratch, 'containers.conf');
  writeFileSync(
    settings,
    `[engine]\nconmon_path = ["${join(root, 'usr/bin/conmon')}"]\n[network]\nnetwork_backend = "cni"\n` +
      `cni_plugin_dirs = ["${join(root, 'usr/lib/cni')}"]\nnetwork_config_dir = "${join(scratch, 'podman-net')}"\n`,
  );
  return {
    ...process.env,
    PATH: `${[programs, ...['usr/bin', 'usr/sbin'].map((folder) => join(root, folder))].join(':')}:${process.env['PATH']}`,
    LD_LIBRARY_PATH: libraries,
    XTABLES_LIBDIR: join(root, 'usr/lib/x86_64-linux-gnu/xtables'),
    CONTAINERS_CONF: settings,
  };
}
