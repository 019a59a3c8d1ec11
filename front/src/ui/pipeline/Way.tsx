/** The line between two boxes. A dot moves on it when one of this page's own messages really does. */
import { useEffect, useRef } from 'react';
import type { RouteMove } from '../../chat/client';
import { useChat } from '../context';

const TRAVEL_MS = 420; // the dot's way; the real one is a hundred times quicker
const MOST = 6; // dots on one line at a time: a fast reply is a stream, not a swarm

export function Way({ on, person = false }: { on: readonly RouteMove[]; person?: boolean }) {
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
      const end = down ? `translateY(${box.offsetHeight - 8}px)` : `translateX(${box.offsetWidth - 8}px)`;
      dot.animate([{ transform: 'none' }, { transform: end }], {
        duration: TRAVEL_MS,
        easing: 'ease-in-out',
      }).onfinish = () => dot.remove();
    });
  }, [client, moves, person]);
  return <span className="way" ref={line} aria-hidden="true" />;
}
