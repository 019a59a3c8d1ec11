/** The virtual list of one conversation's rows; it keeps the scroll position when older rows load. */
import { type ReactElement, useCallback, useEffect, useRef } from 'react';
import { Virtualizer, type VirtualizerHandle } from 'virtua';
import { useChat, useChatState } from '../context';
import { JumpButton } from './JumpButton';
import type { Row } from './rows';
import { TurnBoundary } from './TurnBoundary';
import { TurnView } from './TurnView';
import { useJumps } from './thread-ui';
import { UnconfirmedMessage } from './UnconfirmedMessage';
import { useHighlight } from './useHighlight';
import { usePagerInPlace } from './usePagerInPlace';
import { usePrinting } from './usePrinting';
import { useStickToBottom } from './useStickToBottom';

const LOADING_OLDER_PX = 54; // the height of `.loading-older`
const OLDER_PX = 1_200; // load the next older page this far from the top
const BUFFER_PX = 600; // rendered above and below the visible part

interface Props {
  id: string;
  rows: readonly Row[];
}

/** Mounted per conversation, and starts scrolled to its end. */
export function MessageList({ id, rows }: Props) {
  const { client } = useChat();
  const next = useChatState((state) => state.threads[id]?.next ?? null);
  const [top] = rows;
  // Older pages may hold other versions of the first message, but nothing that would stand above it.
  const hasOlder = next !== null && !(top && 'turn' in top && top.turn.parent === null);
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const list = useRef<VirtualizerHandle>(null);
  const { away, follow, release } = useStickToBottom(scroller, content);
  usePagerInPlace(scroller);
  const printing = usePrinting();
  const shifts = useShift(rows);
  useHighlight(id, rows, scroller, list, release);

  const jumps = useJumps();
  const jumped = useRef(jumps);
  useEffect(() => {
    if (jumped.current !== jumps) follow();
    jumped.current = jumps;
  }, [jumps, follow]);

  const onScroll = useCallback(() => {
    const box = scroller.current;
    if (box && box.scrollTop < OLDER_PX) void client.loadOlder(id);
  }, [client, id]);

  // At the very top no scroll event follows, so the next page is requested after each render of a page.
  // biome-ignore lint/correctness/useExhaustiveDependencies: requested again after every page
  useEffect(() => {
    const frame = requestAnimationFrame(() => requestAnimationFrame(onScroll));
    return () => cancelAnimationFrame(frame);
  }, [top?.id, next, onScroll]);

  const last = rows.at(-1)?.id;
  const renderRow = (row: Row, place: number): ReactElement => (
    <TurnBoundary key={row.id} row={row}>
      {'turn' in row ? (
        <TurnView conversation={id} row={row} place={place} last={row.id === last} />
      ) : (
        <UnconfirmedMessage entry={row.entry} />
      )}
    </TurnBoundary>
  );
  return (
    <div className="thread-frame">
      <div
        className="thread"
        ref={scroller}
        role="log"
        aria-live="off"
        aria-label="Conversation"
        tabIndex={0}
        onScroll={onScroll}
      >
        <div className="column" ref={content}>
          {hasOlder && <div className="loading-older">Loading older messages</div>}
          {printing ? (
            rows.map(renderRow)
          ) : (
            <Virtualizer
              ref={list}
              scrollRef={scroller}
              data={rows}
              shift={shifts}
              startMargin={hasOlder ? LOADING_OLDER_PX : 0}
              bufferSize={BUFFER_PX}
            >
              {renderRow}
            </Virtualizer>
          )}
        </div>
      </div>
      <JumpButton rows={rows} away={away} onJump={follow} />
    </div>
  );
}

/** True in the render in which older rows were added above: the list then keeps its position from the end. */
function useShift(rows: readonly Row[]): boolean {
  const first = useRef<string | undefined>(undefined);
  const before = first.current;
  const now = rows[0]?.id;
  useEffect(() => {
    first.current = now;
  }, [now]);
  return before !== undefined && now !== before && rows.some((row) => row.id === before);
}
