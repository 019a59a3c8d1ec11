/** The virtual list of one conversation's rows; it keeps the scroll position when older rows load. */
import { useCallback, useEffect, useRef, useState } from 'react';
import { Virtualizer, type VirtualizerHandle } from 'virtua';
import { useChat, useChatState } from '../context';
import { Icon } from '../Icon';
import { useView, view } from '../view';
import type { Row } from './rows';
import { TurnView } from './TurnView';
import { UnconfirmedMessage } from './UnconfirmedMessage';
import { useStickToBottom } from './useStickToBottom';

const LOADING_OLDER_PX = 54; // the height of `.loading-older`
const OLDER_PX = 1_200; // load the next older page this far from the top

/** Mounted per conversation, and starts scrolled to its end. */
export function MessageList({ id, rows, unconfirmed }: { id: string; rows: readonly Row[]; unconfirmed: number }) {
  const { client } = useChat();
  const thread = useChatState((state) => state.threads[id]);
  const live = useChatState((state) => state.live);
  const found = useView((state) => (state.highlighted?.conversation === id ? state.highlighted.message : null));
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const list = useRef<VirtualizerHandle>(null);
  const { away, toEnd, release } = useStickToBottom(scroller, content);
  const last = rows.at(-1)?.id;
  const [read, setRead] = useState(last);
  const shifts = useShift(rows);

  // The count on the button: turns that arrived while the user was scrolled up.
  useEffect(() => {
    if (!away) setRead(last);
  }, [away, last]);
  const unread = away ? rows.length - 1 - rows.findLastIndex((row) => row.id === read) : 0;

  useEffect(() => {
    if (unconfirmed > 0) toEnd();
  }, [unconfirmed, toEnd]);

  const onScroll = useCallback(() => {
    const box = scroller.current;
    if (box && box.scrollTop < OLDER_PX) void client.loadOlder(id);
  }, [client, id]);

  // At the very top no scroll event follows, so the next page is requested after each render of a page.
  // biome-ignore lint/correctness/useExhaustiveDependencies: requested again after every page
  useEffect(() => {
    const frame = requestAnimationFrame(() => requestAnimationFrame(onScroll));
    return () => cancelAnimationFrame(frame);
  }, [rows[0]?.id, onScroll]);

  useEffect(() => {
    if (!found) return;
    const place = rows.findIndex((row) => row.id === found);
    if (place >= 0) {
      release();
      list.current?.scrollToIndex(place, { align: 'center' });
      const timer = setTimeout(() => view.setState({ highlighted: null }), 2_500);
      return () => clearTimeout(timer);
    }
    if (live) void client.loadUntil(id, found);
    return undefined;
  }, [found, rows, live, client, id, release]);

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
          {thread?.next && <div className="loading-older">Reading what was said before</div>}
          <Virtualizer
            ref={list}
            scrollRef={scroller}
            data={rows}
            shift={shifts}
            startMargin={thread?.next ? LOADING_OLDER_PX : 0}
            bufferSize={600}
          >
            {(row: Row) =>
              'turn' in row ? (
                <TurnView key={row.id} conversation={id} turn={row.turn} newDay={row.newDay} last={row.id === last} />
              ) : (
                <UnconfirmedMessage key={row.id} entry={row.entry} />
              )
            }
          </Virtualizer>
        </div>
      </div>
      {away && (
        <div className="jump">
          <button type="button" onClick={toEnd}>
            <Icon name="down" />
            {unread > 0 ? `${unread} new` : 'Jump to latest'}
          </button>
        </div>
      )}
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
