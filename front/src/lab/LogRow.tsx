/** A line of the log, with its record's properties; it opens as JSON. */
import type { LogItem } from '../protocol/http';
import type { LogFilter } from './useLog';

function summaryOf({ event }: LogItem): string {
  if (!event) return 'no event';
  const text = event.text as string | { chars: number } | undefined;
  const said = typeof text === 'string' ? `“${text.slice(0, 80)}”` : text ? `${text.chars} characters` : '';
  const index = typeof event.index === 'number' ? `part ${event.index + 1} ` : '';
  const worker = typeof event.worker === 'string' ? `by ${event.worker} ` : '';
  return `${index}${worker}${said}`;
}

interface Props {
  item: LogItem;
  onFilter(filter: LogFilter): void;
}

export function LogRow({ item, onFilter }: Props) {
  const { offset, line, lines, key, bytes, content_type, type, at, event } = item;
  const conversation = typeof event?.conversation_id === 'string' ? event.conversation_id : null;
  const reply = typeof event?.reply_id === 'string' ? event.reply_id : null;
  return (
    <li className="log-row">
      <details>
        <summary>
          <code>{lines > 1 ? `${offset}.${line}` : offset}</code>
          <time>{at ? at.slice(11, 23) : ''}</time>
          <code>{type ?? 'unknown'}</code>
          <span>{summaryOf(item)}</span>
        </summary>
        <p>
          Published with routing key <code>{key}</code>: {bytes} bytes of {content_type}, line {line + 1} of {lines}.
        </p>
        <pre className="lab-json" tabIndex={0}>
          {JSON.stringify(event, null, 2)}
        </pre>
        <div className="button-row">
          {conversation && (
            <button type="button" className="small-button" onClick={() => onFilter({ conversation_id: conversation })}>
              Only this conversation
            </button>
          )}
          {reply && (
            <button type="button" className="small-button" onClick={() => onFilter({ reply_id: reply })}>
              Only this reply
            </button>
          )}
        </div>
      </details>
    </li>
  );
}
