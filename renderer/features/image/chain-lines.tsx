import type { Image } from '../../../contract/image.ts';
import './chain-lines.css';

const laneWidth = 18;
const inset = 12;
/** Branches beyond this are drawn over each other at the edge. */
const maxLanes = 8;

/** How wide the drawing of this many lanes is. */
function measureLanes(lanes: number): number {
  return inset + (Math.min(lanes, maxLanes) - 1) * laneWidth + inset;
}

/** The part of a drawn chain beside one row: its own dot, what comes in, goes on and passes. */
export function ChainLines({
  lane,
  lanes,
  height,
  passes = [],
  joins = [],
  hasAbove = false,
  hasBelow = false,
  isOnPath = false,
  isPathFirst = false,
  role,
  isBroken = false,
}: {
  lane: number;
  lanes: number;
  height: number;
  passes?: readonly number[];
  joins?: readonly number[];
  hasAbove?: boolean;
  hasBelow?: boolean;
  isOnPath?: boolean;
  isPathFirst?: boolean;
  role: Image['role'] | 'link';
  isBroken?: boolean;
}) {
  const x = place(lane);
  const y = height / 2;
  return (
    <svg className="chain-lines" width={measureLanes(lanes)} height={height} aria-hidden focusable="false">
      {passes.map((pass) => (
        <path key={pass} className="chain-line" data-path={isPathFirst && pass === 0} d={`M${place(pass)} 0V${height}`} />
      ))}
      {joins.map((join) => (
        <path key={join} className="chain-line" d={`M${place(join)} 0C${place(join)} ${y * 0.7} ${x} ${y * 0.5} ${x} ${y}`} />
      ))}
      {hasAbove ? <path className="chain-line" data-path={isOnPath} d={`M${x} 0V${y}`} /> : null}
      {hasBelow ? <path className="chain-line" data-path={isOnPath} d={`M${x} ${y}V${height}`} /> : null}
      {role === 'link' ? (
        <path className="chain-line" data-path="true" d={`M${x} 0V${y - 3}`} />
      ) : (
        <circle
          className="chain-dot"
          data-role={role}
          data-path={isOnPath}
          data-broken={isBroken}
          cx={x}
          cy={y}
          r={role === 'present' ? 6 : 5}
        />
      )}
      {role === 'link' ? <path className="chain-arrow" d={`M${x - 4} ${y - 6}L${x} ${y - 1}L${x + 4} ${y - 6}`} /> : null}
    </svg>
  );
}

function place(lane: number): number {
  return inset + Math.min(lane, maxLanes - 1) * laneWidth;
}
