/** A second socket of this tab, as a page has that was opened twice: it gets whatever the first one gets. */
import type { FrameRecorder } from '../chat/recording';
import { decodeFrame, isEvent } from '../protocol/decode';

/** Opens it for so many seconds; resolves with what came on it, compared with what came on this tab's own. */
export function duplicateSocket({ listen }: FrameRecorder, seconds: number): Promise<string> {
  const [first, second] = [new Set<string>(), new Set<string>()];
  const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`);
  const forget = listen((entry) => {
    if ('received' in entry && isEvent(entry.received)) first.add(entry.received.cursor);
  });
  socket.onmessage = (message) => {
    const frame = decodeFrame(String(message.data));
    if (!frame) return;
    if (frame.type === 'welcome') first.clear(); // what came before it was open
    if (isEvent(frame)) second.add(frame.cursor);
  };
  return new Promise((resolve) => {
    const timer = setTimeout(() => socket.close(1000), 1_000 * seconds);
    socket.onclose = () => {
      clearTimeout(timer);
      forget();
      const same = first.size === second.size && [...second].every((cursor) => first.has(cursor));
      if (same && first.size === 0) resolve('Nothing came on either socket: send something meanwhile.');
      else if (same) resolve(`The same ${first.size} events came on both sockets, each of them once.`);
      else resolve(`${first.size} events came on the first socket, and ${second.size} on the second one.`);
    };
  });
}
