/** A line between two boxes. A dot moves on it when one of this page's own messages really does. */
import { useEffect, useRef } from 'react';
import type { RouteMove } from '../../chat/client';
import { useChat } from '../context';

const TRAVEL_MS = 420; // the dot's way; the real one is a hundred times quicker
const MOST = 6; // dots on one line at a time: a fast reply is a stream, not a swarm
const DOT_PX = 8;

interface Props {
  on: readonly RouteMove[];
  /** Which side of its box it is on, and where it leads: in from before or above, out below, or back out before. */
  side: 'before' | 'above' | 'below' | 'back';
  /** A branch of the picture; the list of a narrow page does without it. */
  branch?: boolean;
  person?: boolean;
}

export function Way({ on, side, branch = false, person = false }: Props) {
  const { client } = useChat();
  const line = useRef<HTMLSpanElement>(null);
  const moves = on.join(' ');
  useEffect(() => {
    const wanted = moves.split(' ');
    return client.onMove((move) => {
      const box = line.current;
      if (!box || !wanted.includes(move) || box.childElementCount >= MOST) return;
      if (matchMedia('(prefers-reduced-motion: reduce)').matches) return;
      const dot = document.createElement('i');
      if (person) dot.className = 'person';
      box.append(dot);
      const down = box.offsetHeight > box.offsetWidth;
      const far = down ? `translateY(${box.offsetHeight - DOT_PX}px)` : `translateX(${box.offsetWidth - DOT_PX}px)`;
      const way = [{ transform: 'none' }, { transform: far }];
      if (side === 'back') way.reverse();
      dot.animate(way, { duration: TRAVEL_MS, easing: 'ease-in-out' }).onfinish = () => dot.remove();
    });
  }, [client, moves, person, side]);
  return <span className={`way ${side}${branch ? ' branch' : ''}`} ref={line} aria-hidden="true" />;
}
