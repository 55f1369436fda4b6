import type { Pins } from './find-pins.ts';
import type { LayerGraph, LayerNode, LayerOwner } from './layer-graph.ts';

/** One merge: the content of `from` goes down into `into`. Absolute paths; `bytes` is what `from` holds. */
export interface PlannedMerge {
  readonly disk: string;
  readonly from: string;
  readonly into: string;
  readonly bytes: number;
}

/** What is to be done so that a machine has no layer more than it needs. */
export interface CollectionPlan {
  /** In this order. */
  readonly merges: readonly PlannedMerge[];
  /** Layers without an owner that must stay, and who needs them. */
  readonly kept: readonly { readonly path: string; readonly neededBy: string }[];
}

/**
 * Plans the merges: a layer that nobody owns, that exactly one other builds on and no other machine needs, takes up that
 * one's content and its place. With several on it, it stays until one is left. Pure.
 */
export function planCollection(graph: LayerGraph, pins: Pins): CollectionPlan {
  const layers = new Map([...graph].map(([path, node]) => [path, copyNode(node)]));
  const merges: PlannedMerge[] = [];
  for (;;) {
    const into = [...layers.values()].find(
      ({ path, owner, dependents }) => owner === null && dependents.length === 1 && !pins.has(path),
    );
    const from = into === undefined ? undefined : layers.get(into.dependents[0] ?? '');
    if (into === undefined || from === undefined) break;
    merges.push({ disk: into.disk, from: from.path, into: into.path, bytes: from.actualSize });
    into.owner = from.owner;
    into.dependents = from.dependents;
    into.actualSize += from.actualSize;
    layers.delete(from.path);
  }
  const kept = [...layers.values()]
    .filter(({ owner }) => owner === null)
    .map(({ path, dependents }) => ({ path, neededBy: describeNeed(path, dependents, layers, pins) }));
  return { merges, kept };
}

type Draft = { -readonly [K in keyof LayerNode]: LayerNode[K] } & { dependents: string[] };

function copyNode(node: LayerNode): Draft {
  return { ...node, dependents: [...node.dependents] };
}

function describeNeed(path: string, dependents: readonly string[], layers: ReadonlyMap<string, Draft>, pins: Pins): string {
  const machines = (pins.get(path) ?? []).map(({ name }) => `the machine “${name}”`);
  const own = dependents.map((dependent) => describeOwner(findOwner(dependent, layers)));
  return [...new Set([...machines, ...own])].join(' and ');
}

/** The first owner on the way up. */
function findOwner(path: string, layers: ReadonlyMap<string, Draft>): LayerOwner | null {
  const layer = layers.get(path);
  if (layer === undefined || layer.owner !== null) return layer?.owner ?? null;
  return findOwner(layer.dependents[0] ?? '', layers);
}

function describeOwner(owner: LayerOwner | null): string {
  if (owner === null) return 'other layers';
  if (owner.type === 'snapshot') return `“${owner.name}”`;
  return owner.type === 'present' ? 'the present' : 'the frozen memory';
}
