import { memo } from 'react';
import { buildEdgePath, findCardX, rowHeight } from './draw-tree.ts';
import { presentId, type TreeLayout } from './layout-tree.ts';

/** The lines between the nodes; the trunk's last, so that it lies on top where branches leave it. */
export const TreeLines = memo(function TreeLines({ layout, path }: { layout: TreeLayout; path: ReadonlySet<string> }) {
  const edges = [...layout.edges].sort((a, b) => b.branch - a.branch);
  return (
    <svg
      className="tree-lines"
      width={findCardX(layout.laneCount - 1)}
      height={layout.rows.length * rowHeight}
      aria-hidden
      focusable="false"
    >
      {edges.map((edge) => (
        <path
          key={edge.childId}
          d={buildEdgePath(edge)}
          className="tree-line"
          data-branch={edge.branch === 0 ? 'trunk' : edge.branch % branchColours}
          data-present={edge.childId === presentId}
          data-path={path.has(edge.childId)}
        />
      ))}
    </svg>
  );
});

/** How many colours the side branches take turns with; snapshot-tree.css has them. */
export const branchColours = 5;
