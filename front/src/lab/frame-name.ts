/** One line on an entry of a trace. */
import { frameIn, type TraceEntry } from '../chat/recording';

function detailOf(frame: object): string {
  if ('index' in frame) return ` part ${Number(frame.index) + 1}`;
  if ('attempt' in frame && 'worker' in frame) return ` attempt ${String(frame.attempt)} by ${String(frame.worker)}`;
  if ('code' in frame) return ` ${String(frame.code)}`;
  return '';
}

export function frameName(entry: TraceEntry): string {
  const frame = frameIn(entry);
  if (!frame) return 'the connection was lost';
  return `${'sent' in entry ? 'sent' : 'got'} ${frame.type}${detailOf(frame)}`;
}
