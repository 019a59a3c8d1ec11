/** The picture as it is now, four times a second while it is wanted. */
import { useRef } from 'react';
import type { FrameRecorder } from '../chat/recording';
import { isEvent } from '../protocol/decode';
import { useChat } from '../ui/context';
import type { Picture } from '../ui/pipeline/picture';
import { pipelineTurns } from './api';
import { type Nodes, nodesAfter, pictureOf, withReturned } from './picture';
import { usePolled } from './usePolled';

const POLL_MS = 250;

/** The cursor of the last event that this tab got. */
function lastCursor({ entries }: FrameRecorder): string | undefined {
  for (let place = entries.length - 1; place >= 0; place -= 1) {
    const entry = entries[place];
    if (!entry || !('received' in entry)) continue;
    if (isEvent(entry.received) || entry.received.type === 'welcome') return entry.received.cursor;
  }
  return undefined;
}

/** `depth` is how many deliveries wait in chat_queue, as the broker counts. */
export function usePicture(wanted: boolean, depth: number): Picture | null {
  const { api, client } = useChat();
  const nodes = useRef<Nodes>(new Map());
  const request = async () => {
    const answer = await pipelineTurns(api, lastCursor(client.recorder));
    nodes.current = nodesAfter(nodes.current, answer, Date.now());
    return pictureOf(answer, nodes.current);
  };
  const { value } = usePolled(wanted ? request : null, POLL_MS);
  const gone = new Set([...nodes.current.values()].flatMap((one) => [...one.gone]));
  return value && withReturned(value, gone, depth);
}
