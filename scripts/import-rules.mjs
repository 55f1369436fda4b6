// The import boundaries of the folders, as data, and the function that holds a file against them.
// A path in an import is relative to its file, so path patterns of a linter cannot say this exactly.
import { builtinModules } from 'node:module';
import { dirname, join } from 'node:path/posix';
import { parseSync } from 'vite';

/**
 * @typedef {object} FolderRule
 * @property {string[]} folders What it may import from the checkout.
 * @property {string[]} [lazyFolders] What it may load with `import()` only.
 * @property {string[]} [packages] The npm packages it may import; absent: all that do not belong to other folders.
 * @property {boolean} node Whether it may import Node's modules.
 */

/** What each folder may import; a folder that is not here may import anything. @type {Record<string, FolderRule>} */
export const folderRules = {
  contract: { folders: ['contract'], packages: ['zod', '@orpc/contract'], node: false },
  core: { folders: ['core', 'contract', 'assets'], node: true },
  'electron/main': { folders: ['electron/main', 'core', 'contract', 'assets'], node: true },
  'electron/preload': { folders: ['electron/preload', 'core', 'contract'], packages: ['electron'], node: false },
  server: { folders: ['server', 'core', 'contract', 'assets'], node: true },
  // `bothy serve` hosts the web mode in its own process; loaded on demand, so that no other command pays for it.
  cli: { folders: ['cli', 'core', 'contract', 'assets'], lazyFolders: ['server'], node: true },
  renderer: {
    folders: ['renderer', 'contract', 'assets'],
    packages: [
      'react',
      'react-dom',
      '@mantine/*',
      '@tabler/*',
      '@tanstack/*',
      '@xterm/*',
      '@novnc/*',
      '@orpc/client',
      '@orpc/contract',
      'zod',
      'zustand',
    ],
    node: false,
  },
};

/** Packages that belong to some folders only. @type {Record<string, string[]>} */
export const packageOwners = {
  electron: ['electron/main', 'electron/preload'],
  ws: ['server', 'electron/main'],
  commander: ['cli'],
  react: ['renderer'],
  'react-dom': ['renderer'],
  '@mantine/*': ['renderer'],
  '@tabler/*': ['renderer'],
  '@tanstack/*': ['renderer'],
  '@xterm/*': ['renderer'],
  '@novnc/*': ['renderer'],
  zustand: ['renderer'],
  'node:http': ['server', 'electron/main', 'cli'],
  'node:http2': ['server'],
  'node:https': ['server'],
};

/** Says what is wrong with the imports of one file of the checkout, one sentence each. @type {(file: string, code: string) => string[]} */
export function findForbiddenImports(file, code) {
  const folder = findFolder(file);
  if (folder === undefined) return [];
  const rule = /** @type {FolderRule} */ (folderRules[folder]);
  return findImports(file, code).flatMap(({ specifier, isLazy }) => {
    const reason = specifier.startsWith('.')
      ? refuseFolder(rule, join(dirname(file), specifier), isLazy)
      : refusePackage(folder, rule, specifier);
    return reason === undefined ? [] : [`${file}: imports '${specifier}', but ${folder} ${reason}`];
  });
}

/** @type {(path: string) => string | undefined} */
function findFolder(path) {
  return Object.keys(folderRules).find((folder) => path.startsWith(`${folder}/`));
}

/** @type {(rule: FolderRule, target: string, isLazy: boolean) => string | undefined} */
function refuseFolder(rule, target, isLazy) {
  const isIn = (/** @type {string} */ folder) => target === folder || target.startsWith(`${folder}/`);
  if (rule.folders.some(isIn)) return undefined;
  if (rule.lazyFolders?.some(isIn)) return isLazy ? undefined : 'may load it on demand only, with import()';
  return `may import only ${rule.folders.join(', ')} from the checkout`;
}

/** @type {(folder: string, rule: FolderRule, specifier: string) => string | undefined} */
function refusePackage(folder, rule, specifier) {
  const bare = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  const isNode = specifier.startsWith('node:') || builtinModules.includes(specifier);
  if (isNode && !rule.node) return 'runs without Node';
  const name = isNode ? (specifier.startsWith('node:') ? specifier : `node:${specifier}`) : bare;
  const owner = Object.keys(packageOwners).find((pattern) => matches(pattern, name));
  if (owner !== undefined && !packageOwners[owner]?.includes(folder))
    return `has no part in it (only ${packageOwners[owner]?.join(', ')})`;
  if (!isNode && rule.packages !== undefined && !rule.packages.some((pattern) => matches(pattern, name)))
    return `may import only these packages: ${rule.packages.join(', ')}`;
  return undefined;
}

/** @type {(pattern: string, name: string) => boolean} */
function matches(pattern, name) {
  return pattern.endsWith('/*') ? name.startsWith(pattern.slice(0, -1)) : pattern === name;
}

/** Every import of a file, of values and of types alike. @type {(file: string, code: string) => { specifier: string, isLazy: boolean }[]} */
export function findImports(file, code) {
  const { program, errors } = parseSync(file, code);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
  /** @type {{ specifier: string, isLazy: boolean }[]} */
  const found = [];
  const visit = (/** @type {unknown} */ value) => {
    if (Array.isArray(value)) return value.forEach(visit);
    if (typeof value !== 'object' || value === null) return;
    const node = /** @type {{ type?: string, source?: { type?: string, value?: unknown } | null }} */ (value);
    if (node.type !== undefined && importNodes.has(node.type) && node.source) {
      const isLazy = node.type === 'ImportExpression';
      if (typeof node.source.value === 'string') found.push({ specifier: node.source.value, isLazy });
    }
    for (const child of Object.values(node)) visit(child);
  };
  visit(program);
  return found;
}

const importNodes = new Set([
  'ImportDeclaration',
  'ExportNamedDeclaration',
  'ExportAllDeclaration',
  'ImportExpression',
  'TSImportType',
]);
