/** The rows of one conversation: only what is near the eye is drawn, and the reader's place is kept. */
import { useCallback, useEffect, useRef, useState } from 'react';
import { Virtualizer, type VirtualizerHandle } from 'virtua';
import { useChat, useChatState } from '../context';
import { Icon } from '../Icon';
import { useView, view } from '../view';
import type { Row } from './row';
import { SpokenEntry } from './SpokenEntry';
import { TurnView } from './TurnView';
import { useStick } from './useStick';

const OLDER_WORD_PX = 54; // the line above the first row while older ones are being read
const OLDER_PX = 1_200; // begin to read the next older page this far from the top

/** A conversation that has something in it; each one starts anew, at its end. */
export function Rows({ id, rows, spoken }: { id: string; rows: readonly Row[]; spoken: number }) {
  const { client } = useChat();
  const thread = useChatState((state) => state.threads[id]);
  const live = useChatState((state) => state.live);
  const found = useView((state) => (state.found?.conversation === id ? state.found.message : null));
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const list = useRef<VirtualizerHandle>(null);
  const { away, toEnd, release } = useStick(scroller, content);
  const last = rows.at(-1)?.id;
  const [read, setRead] = useState(last);
  const shifts = useShift(rows);

  // The count on the button: turns that came while the reader was elsewhere.
  useEffect(() => {
    if (!away) setRead(last);
  }, [away, last]);
  const unread = away ? rows.length - 1 - rows.findLastIndex((row) => row.id === read) : 0;

  useEffect(() => {
    if (spoken > 0) toEnd();
  }, [spoken, toEnd]);

  const onScroll = useCallback(() => {
    const box = scroller.current;
    if (box && box.scrollTop < OLDER_PX) void client.readOlder(id);
  }, [client, id]);

  // A reader who waits at the very top does not scroll any more: the next page comes all the same.
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked again after every page
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
      const timer = setTimeout(() => view.setState({ found: null }), 2_500);
      return () => clearTimeout(timer);
    }
    if (live) void client.readUntil(id, found);
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
          {thread?.next && <div className="older-word">Reading what was said before</div>}
          <Virtualizer
            ref={list}
            scrollRef={scroller}
            data={rows}
            shift={shifts}
            startMargin={thread?.next ? OLDER_WORD_PX : 0}
            bufferSize={600}
          >
            {(row: Row) =>
              'turn' in row ? (
                <TurnView key={row.id} conversation={id} turn={row.turn} newDay={row.newDay} last={row.id === last} />
              ) : (
                <SpokenEntry key={row.id} entry={row.entry} />
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

/** True in the render in which older rows came in above: the list then keeps its place from the end. */
function useShift(rows: readonly Row[]): boolean {
  const first = useRef<string | undefined>(undefined);
  const before = first.current;
  const now = rows[0]?.id;
  useEffect(() => {
    first.current = now;
  }, [now]);
  return before !== undefined && now !== before && rows.some((row) => row.id === before);
}
