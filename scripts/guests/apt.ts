import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findProgram } from '../../core/host/find-program.ts';
import { buildOnce, getCacheFolder } from './cache.ts';

const run = promisify(execFile);

/** Why guests cannot be made on this host, undefined when they can. */
export function findObstacle(): string | undefined {
  if (process.arch !== 'x64') return `the guests are made for x86-64, this host is ${process.arch}`;
  const missing = ['apt-get', 'dpkg-deb'].find((tool) => findProgram(tool, process.env) === undefined);
  return missing === undefined ? undefined : `the guests are made from Debian packages, and ${missing} is not installed`;
}

/**
 * Unpacks the first of some packages that the distribution has into a folder and returns that folder. With `withDependencies`
 * everything it needs, down to the C library, is unpacked over it; `also` names packages for the same folder. `suite` is one of
 * the distribution's, such as its backports. Needs no root and leaves the host's apt alone.
 */
export async function unpackPackages(
  candidates: readonly string[],
  {
    suite = '',
    withDependencies = false,
    also = [],
  }: { suite?: string; withDependencies?: boolean; also?: readonly string[] } = {},
): Promise<string> {
  const obstacle = findObstacle();
  if (obstacle !== undefined) throw new Error(obstacle);
  return buildOnce(
    `packages-${candidates[0]}`,
    { texts: [...candidates, suite, String(withDependencies), ...also], files: [] },
    async (folder) => {
      const apt = await prepareApt();
      const names = [...(await findPackages(apt, candidates, suite)), ...also];
      const archives = join(folder, '.archives');
      mkdirSync(join(archives, 'partial'), { recursive: true });
      if (withDependencies) {
        const options = [...apt, '-o', `Dir::Cache::Archives=${archives}`, ...(suite === '' ? [] : ['-t', suite])];
        await run('apt-get', [...options, 'install', '--yes', '--download-only', '--no-install-recommends', ...names], bigOutput);
      } else {
        await run('apt-get', [...apt, 'download', ...names], { ...bigOutput, cwd: archives });
      }
      const packages = readdirSync(archives).filter((file) => file.endsWith('.deb'));
      for (const file of packages) await run('dpkg-deb', ['-x', join(archives, file), folder]);
      await run('rm', ['-rf', archives]);
      writeFileSync(join(folder, 'PACKAGES'), `${packages.join('\n')}\n`);
    },
  );
}

const bigOutput = { maxBuffer: 64 * 1024 * 1024 };

/** The candidates that exist; of a package that only depends on the real one, the real one. */
async function findPackages(apt: readonly string[], candidates: readonly string[], suite: string): Promise<readonly string[]> {
  for (const candidate of candidates) {
    const target = suite === '' ? [] : ['-t', suite];
    const policy = await run('apt-cache', [...apt, ...target, 'policy', candidate], bigOutput);
    if (!/Candidate: [^(]/.test(policy.stdout)) continue;
    if (!candidate.startsWith('linux-image-')) return [candidate];
    const { stdout } = await run('apt-cache', [...apt, 'depends', candidate], bigOutput);
    const kernel = /Depends: (linux-image-[0-9]\S+)/.exec(stdout)?.[1];
    return [kernel ?? candidate];
  }
  throw new Error(`none of these packages is in the distribution's archive: ${candidates.join(', ')}`);
}

/** Options that give apt lists, a cache and an empty status of its own, with the host's sources and its backports. */
async function prepareApt(): Promise<readonly string[]> {
  const folder = join(getCacheFolder(), 'apt');
  const options = [
    ['Dir::Etc::SourceList', join(folder, 'sources.list')],
    ['Dir::Etc::SourceParts', '/dev/null'],
    ['Dir::State::Lists', join(folder, 'lists')],
    ['Dir::State::Status', '/dev/null'],
    ['Dir::Cache', join(folder, 'cache')],
    ['Debug::NoLocking', 'true'],
    ['APT::Sandbox::User', ''],
    ['Acquire::Languages', 'none'],
    ['Acquire::Retries', '2'],
  ].flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  await buildOnce('apt-lists', { texts: [folder], files: [] }, async () => {
    for (const name of ['lists/partial', 'cache/archives/partial']) mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, 'sources.list'), await buildSources());
    await run('apt-get', [...options, 'update'], bigOutput);
  });
  return options;
}

/** The name of the distribution's release, such as bookworm. */
export function readCodename(): string {
  return /^VERSION_CODENAME=(.*)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? '';
}

/** The distribution's own archive as apt's `sources.list` has it, one `deb` line each: the release, its updates and its backports. */
export async function buildSources(): Promise<string> {
  const codename = readCodename();
  const format = ['--format', '$(REPO_URI) $(RELEASE) $(COMPONENT)', 'Created-By: Packages'];
  const { stdout } = await run('apt-get', ['indextargets', ...format], bigOutput);
  const targets = stdout
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, suite, component]) => suite?.startsWith(codename) === true && component === 'main');
  if (targets.length === 0) throw new Error(`apt has no source for ${codename}: see /etc/apt/sources.list`);
  const base = targets.find(([, suite]) => suite === codename);
  if (base !== undefined) targets.push([base[0] ?? '', `${codename}-backports`, 'main']);
  const keyring = ['debian', 'ubuntu']
    .map((name) => `/usr/share/keyrings/${name}-archive-keyring.gpg`)
    .find((file) => existsSync(file));
  const signedBy = keyring === undefined ? '' : `[signed-by=${keyring}] `;
  return [...new Set(targets.map((target) => `deb ${signedBy}${target.join(' ')}\n`))].join('');
}
