/** Keeps the end of the conversation in view until the user scrolls up. */
import { type RefObject, useCallback, useEffect, useRef, useState } from 'react';

const NEAR_PX = 60; // within about two lines of the end counts as being there

export function useStickToBottom(scroller: RefObject<HTMLElement | null>, content: RefObject<HTMLElement | null>) {
  const stuck = useRef(true);
  const lastTop = useRef(0);
  const [away, setAway] = useState(false);

  const toEnd = useCallback(() => {
    const box = scroller.current;
    if (!box) return;
    stuck.current = true;
    box.scrollTop = box.scrollHeight;
    setAway(false);
  }, [scroller]);

  useEffect(() => {
    const box = scroller.current;
    const inside = content.current;
    if (!box || !inside) return;
    stuck.current = true;
    setAway(false);
    box.scrollTop = box.scrollHeight;
    lastTop.current = box.scrollTop;
    const onScroll = () => {
      const left = box.scrollHeight - box.scrollTop - box.clientHeight;
      const up = box.scrollTop < lastTop.current - 1;
      lastTop.current = box.scrollTop;
      // Only an upward move lets go: growth below must not look like the reader's wish.
      if (left <= NEAR_PX && !up) stuck.current = true;
      else if (up && left > 1) stuck.current = left <= NEAR_PX && stuck.current && left < 8;
      setAway(!stuck.current && left > NEAR_PX);
    };
    const onGrowth = () => {
      if (stuck.current) box.scrollTop = box.scrollHeight;
      else setAway(box.scrollHeight - box.scrollTop - box.clientHeight > NEAR_PX);
    };
    const growth = new ResizeObserver(onGrowth);
    growth.observe(inside);
    growth.observe(box);
    box.addEventListener('scroll', onScroll, { passive: true });
    return () => {
      growth.disconnect();
      box.removeEventListener('scroll', onScroll);
    };
  }, [scroller, content]);

  const release = useCallback(() => {
    stuck.current = false;
  }, []);

  return { away, toEnd, release };
}
