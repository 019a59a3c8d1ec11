/**
 * Keeps the end of a scrolling box in view while its content grows. Only the user's own input (wheel, touch, keys,
 * pointer) stops that: scroll positions also change when rows are measured, which says nothing about the user.
 */
import { type RefObject, useCallback, useEffect, useRef, useState } from 'react';

const NEAR_PX = 60; // about two lines: the user who scrolls back this far wants to follow again
const END_PX = 1; // fractions of pixels in the browser's own rounding
const INPUT_MS = 700; // scrolling this long after an input is caused by it: smooth scrolling, momentum
const CHANGE_MS = 300; // a scroll this soon after a change of the content is caused by it; a search of the browser's own is not
const KEYS: Record<string, Direction> = {
  ArrowUp: 'up',
  PageUp: 'up',
  Home: 'up',
  ArrowDown: 'down',
  PageDown: 'down',
  End: 'down',
  ' ': 'either',
  Tab: 'either',
};

/** Where an input scrolls to; a finger or a scroll bar may go either way. */
type Direction = 'up' | 'down' | 'either';

export function useStickToBottom(scroller: RefObject<HTMLElement | null>, content: RefObject<HTMLElement | null>) {
  const following = useRef(true);
  const inputAt = useRef(Number.NEGATIVE_INFINITY);
  const [away, setAway] = useState(false);

  const follow = useCallback(() => {
    const box = scroller.current;
    if (!box) return;
    following.current = true;
    inputAt.current = Number.NEGATIVE_INFINITY; // what led here is over: the rows that come now move by themselves
    box.scrollTop = box.scrollHeight;
    setAway(false);
  }, [scroller]);

  const release = useCallback(() => {
    following.current = false;
  }, []);

  useEffect(() => {
    const box = scroller.current;
    const inner = content.current;
    if (!box || !inner) return;
    let changedAt = Number.NEGATIVE_INFINITY;
    let pressed = false;
    let direction: Direction = 'either';
    let lastTop = box.scrollTop;
    const distance = () => box.scrollHeight - box.scrollTop - box.clientHeight;
    const input = (to: Direction) => {
      inputAt.current = performance.now();
      direction = to;
    };
    const onScroll = () => {
      const byUser = pressed || performance.now() - inputAt.current < INPUT_MS;
      const up = direction === 'up' || (direction === 'either' && box.scrollTop < lastTop);
      lastTop = box.scrollTop;
      // A small step up is enough to stop; a step down to about the end, or being at the very end, starts again.
      if (byUser && up && distance() > END_PX) following.current = false;
      else if (distance() <= (byUser && !up ? NEAR_PX : END_PX)) following.current = true;
      // Content that shrinks and grows again within a frame moves the box, and its size never tells.
      else if (following.current && !byUser && performance.now() - changedAt < CHANGE_MS)
        box.scrollTop = box.scrollHeight;
      setAway(!following.current && distance() > NEAR_PX);
    };
    const onWheel = (event: WheelEvent) => {
      input(event.deltaY < 0 ? 'up' : 'down');
      // At once, before the next part scrolls to the end again.
      if (event.deltaY < 0 && box.scrollTop > 0) release();
    };
    const onKey = (event: KeyboardEvent) => {
      const to = KEYS[event.key];
      if (to) input(to);
    };
    const onPress = () => {
      pressed = true;
      direction = 'either';
    };
    const onLift = () => {
      if (pressed) input('either');
      pressed = false;
    };
    /** What the user opens unfolds below what they pressed, which stays where it is. */
    const onClick = (event: Event) => {
      const button = (event.target as Element).closest('[aria-expanded], .message button, .versions button');
      if (button && (button.closest('.message, .versions') || !button.closest('.turn.last'))) release();
    };
    const onResize = () => {
      if (following.current) box.scrollTop = box.scrollHeight;
      else setAway(distance() > NEAR_PX);
    };
    const listeners = new AbortController();
    const { signal } = listeners;
    box.addEventListener('scroll', onScroll, { passive: true, signal });
    box.addEventListener('wheel', onWheel, { passive: true, signal });
    box.addEventListener('touchmove', () => input('either'), { passive: true, signal });
    box.addEventListener('keydown', onKey, { signal });
    box.addEventListener('focusin', (event) => event.target !== box && input('either'), { signal });
    box.addEventListener('pointerdown', onPress, { signal });
    box.addEventListener('click', onClick, { signal, capture: true });
    for (const lift of ['pointerup', 'pointercancel', 'blur'] as const) addEventListener(lift, onLift, { signal });
    const growth = new ResizeObserver(onResize);
    growth.observe(inner);
    growth.observe(box);
    const changes = new MutationObserver(() => {
      changedAt = performance.now();
    });
    changes.observe(inner, { childList: true, subtree: true });
    return () => {
      changes.disconnect();
      growth.disconnect();
      listeners.abort();
    };
  }, [scroller, content, release]);

  return { away, follow, release };
}
