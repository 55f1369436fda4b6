import packageTable from '../../assets/packages.json' with { type: 'json' };

/** What a host may lack. assets/packages.json says which packages hold each. */
export type InstallThing = keyof (typeof packageTable)['apt']['packages'];

type Manager = keyof typeof packageTable;

/** Packages with another name in one distribution of a family. */
type OtherNames = Readonly<Record<string, Partial<Record<InstallThing, readonly string[]>>>>;

/** The exact command that installs the things on the distribution an os-release text describes; undefined for others. */
export function findInstallCommand(osRelease: string, things: readonly InstallThing[]): string | undefined {
  const names = parseDistributions(osRelease);
  const manager = names.map(findManager).find((found) => found !== undefined);
  if (manager === undefined || things.length === 0) return undefined;
  const { install, packages } = packageTable[manager];
  const otherNames: OtherNames = packageTable[manager].otherNames;
  // Not `names.map((name) => otherNames[name])`: the names come from a file, and every object has a "constructor".
  const special = Object.entries(otherNames).find(([name]) => names.includes(name))?.[1];
  const wanted = things.flatMap((thing) => special?.[thing] ?? packages[thing]);
  return ['sudo', ...install, ...new Set(wanted)].join(' ');
}

function findManager(distribution: string): Manager | undefined {
  const managers = Object.keys(packageTable) as Manager[];
  return managers.find((name) => packageTable[name].distributions.includes(distribution));
}

/** The next step for somebody who lacks the things, whatever the distribution. */
export function buildInstallHint(osRelease: string, things: readonly InstallThing[]): string {
  const command = findInstallCommand(osRelease, things);
  return command === undefined
    ? `Install ${things.join(' and ')} with your distribution’s package manager.`
    : `Install it: ${command}`;
}

/** The distribution's id, then those it is like, nearest first (os-release(5)). */
export function parseDistributions(osRelease: string): string[] {
  const names: string[] = [];
  for (const key of ['ID', 'ID_LIKE']) {
    const value = new RegExp(`^${key}=(?:"([^"\\n]*)"|'([^'\\n]*)'|([^\\s"']*))\\s*$`, 'm').exec(osRelease);
    names.push(...(value?.[1] ?? value?.[2] ?? value?.[3] ?? '').toLowerCase().split(/\s+/));
  }
  // openSUSE's ids are opensuse-leap, opensuse-tumbleweed and more to come.
  return names.filter((name) => name !== '').flatMap((name) => (name.startsWith('opensuse-') ? [name, 'opensuse'] : [name]));
}
