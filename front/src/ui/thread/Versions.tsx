/** The pager of versions: of a message and its edits, or of the replies to one message. */
import { replyCount } from '../../chat/selectors';
import type { Turn } from '../../chat/state';
import { useChat } from '../context';
import { Icon, type IconName } from '../Icon';
import { type ShortcutName, shortcutOfLast } from '../shortcuts';

const SHORTCUTS = {
  message: { previous: 'previousMessage', next: 'nextMessage' },
  reply: { previous: 'previousVersion', next: 'nextVersion' },
} as const;

interface Props {
  what: 'message' | 'reply';
  /** The one shown, from 0. */
  version: number;
  count: number;
  /** Of the last turn, for which there are shortcuts. */
  last: boolean;
  onChoose(version: number): void;
}

export function Versions({ what, version, count, last, onChoose }: Props) {
  const { previous, next } = SHORTCUTS[what];
  const step = (to: number, label: string, icon: IconName, shortcut: ShortcutName) => (
    <button
      type="button"
      className="icon-button"
      aria-label={label}
      title={shortcutOfLast(label, shortcut, last)}
      disabled={to < 0 || to >= count}
      onClick={() => onChoose(to)}
    >
      <Icon name={icon} />
    </button>
  );
  return (
    <fieldset className="versions">
      <legend className="visually-hidden">Versions of this {what}</legend>
      {step(version - 1, `Previous version of the ${what}`, 'left', previous)}
      <span>
        {version + 1}/{count}
      </span>
      {step(version + 1, `Next version of the ${what}`, 'right', next)}
    </fieldset>
  );
}

interface ReplyProps {
  conversation: string;
  turn: Turn;
  version: number;
  last: boolean;
}

/** Of the replies to a message, if there are several. */
export function ReplyVersions({ conversation, turn, version, last }: ReplyProps) {
  const { client } = useChat();
  const count = replyCount(turn);
  if (count < 2) return null;
  // The last one may be still to come, which has no id of its own.
  const choose = (next: number) => client.showPath(conversation, turn.replies[next]?.id ?? turn.id);
  return <Versions what="reply" version={version} count={count} last={last} onChoose={choose} />;
}
