import type { TreeEdge } from './layout-tree.ts';

/** Measures of the drawing, in pixels; snapshot-tree.css has the same. */
export const rowHeight = 64;
const laneWidth = 28;
const firstLane = 14;
const cardGap = 20;
/** How much of a row's height a line needs to change its lane. */
const turnHeight = 46;

/** The middle of a lane. */
export function findLaneX(lane: number): number {
  return firstLane + lane * laneWidth;
}

/** Where the card of a row begins, right of its node. */
export function findCardX(lane: number): number {
  return findLaneX(lane) + cardGap;
}

/** A line from a parent to its child as the `d` of an SVG path: straight down the parent's lane, then over in one smooth turn. */
export function buildEdgePath({ from, to }: TreeEdge): string {
  const [startX, startY] = [findLaneX(from.lane), findRowY(from.row)];
  const [endX, endY] = [findLaneX(to.lane), findRowY(to.row)];
  if (startX === endX) return `M${startX} ${startY}V${endY}`;
  const turnY = endY - turnHeight;
  const middleY = endY - turnHeight / 2;
  // A side branch starts where its line leaves the trunk's, or at its parent when that is the row above.
  return `M${startX} ${Math.max(startY, turnY)}C${startX} ${middleY} ${endX} ${middleY} ${endX} ${endY}`;
}

function findRowY(row: number): number {
  return (row + 0.5) * rowHeight;
}
