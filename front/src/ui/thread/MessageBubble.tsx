/** A message of the user: a tinted bubble, its time, delivery state and actions. */
import type { ReactNode } from 'react';
import type { Delivery as State } from '../../chat/selectors';
import { CopyButton } from '../CopyButton';
import { Icon } from '../Icon';
import { shortcutOfLast } from '../shortcuts';
import { Delivery } from './Delivery';
import { Timestamp } from './Timestamp';
import { useOpen } from './thread-ui';

const MAX_LINES = 12; // longer messages are folded; as in style/thread.css
const LINE_CHARS = 72; // about what fits into a line of the widest bubble

function isLong(text: string): boolean {
  if (text.length > MAX_LINES * LINE_CHARS) return true;
  return text.split('\n', MAX_LINES + 1).length > MAX_LINES;
}

interface Props {
  id: string;
  text: string;
  at: string | number;
  state: State;
  /** It is the last one of the shown path, for which there are shortcuts. */
  last?: boolean;
  /** Begins to edit it, if that is possible. */
  onEdit?: () => void;
  /** The pager of its versions, if there are several. */
  versions?: ReactNode;
  /** What there is to say or do about a message that was not answered. */
  children?: ReactNode;
}

export function MessageBubble({ id, text, at, state, last = false, onEdit, versions, children }: Props) {
  const [unfolded, toggle] = useOpen(id);
  const long = isLong(text);
  const kind = state === 'failed' && children ? ' failed' : state === 'waiting' ? ' pending' : '';
  return (
    <div className={`message ${state}`}>
      <span className="visually-hidden">You said: </span>
      <div className="bubble-row">
        <div className="message-meta">
          {onEdit && (
            <button
              type="button"
              className="icon-button"
              aria-label="Edit message"
              title={shortcutOfLast('Edit and send again', 'editLast', last)}
              onClick={onEdit}
            >
              <Icon name="pen" />
            </button>
          )}
          <CopyButton text={text} label="Copy message" title={shortcutOfLast('Copy message', 'copyMessage', last)} />
          <Timestamp at={at} />
          <Delivery state={state} />
        </div>
        <div className={`bubble${kind}`} dir="auto">
          <div className={long && !unfolded ? 'folded' : undefined}>{text}</div>
          {long && (
            <button type="button" className="fold-button" aria-expanded={unfolded} onClick={toggle}>
              {unfolded ? 'Show less' : 'Show all'}
            </button>
          )}
        </div>
      </div>
      {versions}
      {children && <div className="message-note">{children}</div>}
    </div>
  );
}
