import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LayerGraph, LayerNode, LayerOwner } from '../../../core/timeline/layer-graph.ts';
import { planCollection } from '../../../core/timeline/plan-collection.ts';

const present: LayerOwner = { type: 'present' };
const keptBy = (name: string): LayerOwner => ({ type: 'snapshot', id: name, name });

/** A graph from `[layer, what it builds on, owner]`. */
function buildGraph(rows: readonly (readonly [string, string | null, LayerOwner | null])[]): LayerGraph {
  const nodes = rows.map(([path, backing, owner]): LayerNode => {
    const dependents = rows.filter((row) => row[1] === path).map((row) => row[0]);
    return { path, backing, owner, dependents, disk: 'disk0', virtualSize: 1024, length: 10, actualSize: 10 };
  });
  return new Map(nodes.map((node) => [node.path, node]));
}

describe('what is to be merged', () => {
  it('is nothing while every layer has an owner', () => {
    const graph = buildGraph([
      ['a', null, keptBy('one')],
      ['b', 'a', present],
    ]);
    expect(planCollection(graph, new Map())).toEqual({ merges: [], kept: [] });
  });

  it('is the one layer on a layer nobody owns', () => {
    const graph = buildGraph([
      ['a', null, null],
      ['b', 'a', present],
    ]);
    expect(planCollection(graph, new Map()).merges).toEqual([{ disk: 'disk0', from: 'b', into: 'a', bytes: 10 }]);
  });

  it('is not a layer that two build on, or another machine', () => {
    const two = buildGraph([
      ['a', null, null],
      ['b', 'a', keptBy('one')],
      ['c', 'a', present],
    ]);
    expect(planCollection(two, new Map())).toEqual({ merges: [], kept: [{ path: 'a', neededBy: '“one” and the present' }] });
    const one = buildGraph([
      ['a', null, null],
      ['b', 'a', present],
    ]);
    const pins = new Map([['a', [{ id: 'x', name: 'clone' }]]]);
    expect(planCollection(one, pins)).toEqual({
      merges: [],
      kept: [{ path: 'a', neededBy: 'the machine “clone” and the present' }],
    });
  });

  it('goes down a chain of deleted snapshots step by step', () => {
    const graph = buildGraph([
      ['a', null, null],
      ['b', 'a', null],
      ['c', 'b', null],
      ['d', 'c', present],
    ]);
    const { merges } = planCollection(graph, new Map());
    expect(merges).toHaveLength(3);
    // Whatever the order, each merge is of a layer that is still there into one that is still there.
    const there = new Set(['a', 'b', 'c', 'd']);
    for (const { from, into } of merges) {
      expect(there.has(from) && there.has(into)).toBe(true);
      there.delete(from);
    }
    expect([...there]).toEqual(['a']);
  });

  it('never is a layer that must stay, in any tree', () => {
    const tree = fc
      .array(fc.record({ parent: fc.nat(), isOwned: fc.boolean(), isPinned: fc.boolean() }), { minLength: 1, maxLength: 30 })
      .map((rows) => rows.map((row, index) => ({ ...row, parent: index === 0 ? null : row.parent % index })));
    fc.assert(
      fc.property(tree, (rows) => {
        const leaves = rows.map((_, index) => !rows.some(({ parent }) => parent === index));
        const graph = buildGraph(
          rows.map(({ parent, isOwned }, index) => [
            String(index),
            parent === null ? null : String(parent),
            isOwned || leaves[index] === true ? keptBy(String(index)) : null,
          ]),
        );
        const pins = new Map(
          rows.flatMap(({ isPinned }, index) => (isPinned ? [[String(index), [{ id: 'x', name: 'x' }]] as const] : [])),
        );
        const { merges, kept } = planCollection(graph, pins);
        for (const { into } of merges) {
          // What is written to belonged to nobody, or to whom a merge before gave it.
          expect(pins.has(into)).toBe(false);
          expect(graph.get(into)?.owner).toBeNull();
        }
        const gone = new Set(merges.map(({ from }) => from));
        const taken = new Set(merges.map(({ into }) => into));
        for (const [path, { owner, dependents }] of graph) {
          if (owner !== null || gone.has(path) || taken.has(path)) continue;
          expect(kept.map((layer) => layer.path)).toContain(path);
          expect(pins.has(path) || dependents.length > 1).toBe(true);
        }
      }),
    );
  });
});
