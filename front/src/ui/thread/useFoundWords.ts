/** Brings the words of a search hit into view, and marks them without touching the elements that hold them. */
import { type RefObject, useEffect } from 'react';
import type { Highlighted } from '../view';

const SETTLING_MS = 700; // the turn is rendered, unfolded and measured by then
const NAME = 'search-hit'; // as in style/thread.css

/** Where the words stand in an element; case does not matter. */
function rangesOf(root: Element, words: readonly string[]): Range[] {
  const ranges: Range[] = [];
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const text = node.textContent?.toLowerCase() ?? '';
    for (const word of words) {
      const at = text.indexOf(word.toLowerCase());
      if (at < 0) continue;
      const range = document.createRange();
      range.setStart(node, at);
      range.setEnd(node, Math.min(at + word.length, node.textContent?.length ?? 0));
      ranges.push(range);
    }
  }
  return ranges;
}

export function useFoundWords(scroller: RefObject<HTMLElement | null>, found: Highlighted | null): void {
  useEffect(() => {
    const box = scroller.current;
    if (!found || !box) return;
    const part = found.hit === found.message ? '.message' : '.reply';
    const until = performance.now() + SETTLING_MS;
    let frame = 0;
    const show = () => {
      const hit = box.querySelector(`[data-message="${found.message}"] ${part}`);
      const ranges = hit ? rangesOf(hit, found.words) : [];
      globalThis.CSS?.highlights?.set(NAME, new Highlight(...ranges));
      const [first] = ranges;
      if (first) {
        const [word, view] = [first.getBoundingClientRect(), box.getBoundingClientRect()];
        if (word.top < view.top || word.bottom > view.bottom)
          box.scrollTop += (word.top + word.bottom - view.top - view.bottom) / 2;
      }
      if (performance.now() < until) frame = requestAnimationFrame(show);
    };
    frame = requestAnimationFrame(show);
    const letGo = () => cancelAnimationFrame(frame);
    const listeners = new AbortController();
    for (const input of ['wheel', 'touchmove', 'keydown'] as const)
      box.addEventListener(input, letGo, { passive: true, signal: listeners.signal });
    return () => {
      letGo();
      listeners.abort();
      globalThis.CSS?.highlights?.delete(NAME);
    };
  }, [scroller, found]);
}
