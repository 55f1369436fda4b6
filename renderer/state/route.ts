export const machineTabs = ['overview', 'console', 'snapshots', 'settings', 'activity'] as const;
export type MachineTab = (typeof machineTabs)[number];

/** The place in the window, as the URL hash tells it. */
export type Route =
  | { page: 'home' }
  | { page: 'host' }
  /** Beginning at the images of one machine, if one is given. */
  | { page: 'images'; machine: string | null }
  /** With one of them in view, if one is given. */
  | { page: 'templates'; template: string | null }
  /** One command over several templates. */
  | { page: 'matrix' }
  | { page: 'machine'; id: string; tab: MachineTab };

/** Reads a URL hash; what is not understood is the home page. */
export function parseHash(hash: string): Route {
  const [noun, id, tab] = hash.replace(/^#\/?/, '').split('/');
  if (noun === 'host' || noun === 'matrix') return { page: noun };
  if (noun === 'templates') return { page: 'templates', template: id !== undefined && /^[\w.-]+$/.test(id) ? id : null };
  if (noun === 'images') return { page: 'images', machine: id !== undefined && /^[\w.-]+$/.test(id) ? id : null };
  if (noun === 'machine' && id !== undefined && /^[\w.-]+$/.test(id))
    return { page: 'machine', id, tab: machineTabs.find((known) => known === tab) ?? 'overview' };
  return { page: 'home' };
}

/** The URL hash of a place. */
export function buildHash(route: Route): string {
  switch (route.page) {
    case 'home':
      return '#/';
    case 'host':
    case 'matrix':
      return `#/${route.page}`;
    case 'templates':
      return route.template === null ? '#/templates' : `#/templates/${route.template}`;
    case 'images':
      return route.machine === null ? '#/images' : `#/images/${route.machine}`;
    case 'machine':
      return route.tab === 'overview' ? `#/machine/${route.id}` : `#/machine/${route.id}/${route.tab}`;
  }
}
