/** Keeps the pager of versions under the pointer that pressed it, whatever the length of the version that comes. */
import { type RefObject, useEffect } from 'react';

const SETTLING_MS = 500; // the rows of the other branch are rendered and measured by then

/** The rows carry their place in `data-row`: the pager of the new version stands in the row of the same place. */
export function usePagerInPlace(scroller: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const box = scroller.current;
    if (!box) return;
    let frame = 0;
    const release = () => cancelAnimationFrame(frame);
    const keep = (find: () => Element | null, top: number, until: number) => {
      const pager = find();
      if (pager) box.scrollTop += pager.getBoundingClientRect().top - top;
      if (performance.now() < until) frame = requestAnimationFrame(() => keep(find, top, until));
    };
    const onClick = (event: Event) => {
      const pager = (event.target as Element).closest('.versions');
      const row = pager?.closest<HTMLElement>('.turn')?.dataset.row;
      if (!pager || !row) return;
      release();
      const part = pager.closest('.message') ? '.message' : '.reply';
      const find = () => box.querySelector(`.turn[data-row="${row}"] ${part} .versions`);
      const { top } = pager.getBoundingClientRect();
      frame = requestAnimationFrame(() => keep(find, top, performance.now() + SETTLING_MS));
    };
    const listeners = new AbortController();
    const { signal } = listeners;
    box.addEventListener('click', onClick, { signal, capture: true });
    for (const input of ['wheel', 'touchmove', 'keydown'] as const)
      box.addEventListener(input, release, { passive: true, signal });
    return () => {
      release();
      listeners.abort();
    };
  }, [scroller]);
}
