/** An arrow between two boxes. A dot travels along it when one of this page's own messages does. */
import { useEffect, useRef } from 'react';
import { type PipelineStep, stepOf } from '../../chat/steps';
import { useFrames } from './frames';

const TRAVEL_MS = 420; // of the dot; the message itself is a hundred times faster
const MAX_DOTS = 6; // at a time on one edge
const APART_MS = TRAVEL_MS / MAX_DOTS; // between two dots: of fast replies a sample is shown
const DOT_PX = 8;
const MEASURE_MS = 2_000; // a measurement lays out the whole page, which at every dot would be its greatest cost

interface Props {
  on: readonly PipelineStep[];
  /** Into the box from the left, the right or above, or out of it below or upwards to the first box of the column. */
  side: 'before' | 'after' | 'above' | 'below' | 'up';
  /** Not shown in the narrow layout, which is a plain list. */
  branch?: boolean;
  /** The dot has the colour of this page. */
  fromClient?: boolean;
}

export function DiagramEdge({ on, side, branch = false, fromClient = false }: Props) {
  const listen = useFrames();
  const edge = useRef<HTMLSpanElement>(null);
  const steps = on.join(' ');
  useEffect(() => {
    const wanted = steps.split(' ');
    let [last, measured, end] = [0, Number.NEGATIVE_INFINITY, ''];
    return listen((entry) => {
      const now = performance.now();
      // Of thousands a second nearly all end here, before anything of the page is touched.
      if (now - last < APART_MS || !wanted.includes(stepOf(entry) ?? '')) return;
      last = now;
      const element = edge.current;
      if (!element || element.childElementCount >= MAX_DOTS) return;
      if (matchMedia('(prefers-reduced-motion: reduce)').matches) return;
      const dot = document.createElement('i');
      if (fromClient) dot.className = 'client';
      element.append(dot);
      if (now - measured > MEASURE_MS) {
        const { offsetHeight: height, offsetWidth: width } = element;
        end = height > width ? `translateY(${height - DOT_PX}px)` : `translateX(${width - DOT_PX}px)`;
        measured = now;
      }
      const path = [{ transform: 'none' }, { transform: end }];
      if (side === 'after' || side === 'up') path.reverse();
      dot.animate(path, { duration: TRAVEL_MS, easing: 'ease-in-out' }).onfinish = () => dot.remove();
    });
  }, [listen, steps, fromClient, side]);
  return <span className={`edge ${side}${branch ? ' branch' : ''}`} ref={edge} aria-hidden="true" />;
}
