/** One small glyph for how far a message has come, with words for those who hear the page. */
import type { Delivery as State } from '../../chat/view-of';
import { Icon, type IconName } from '../Icon';

const LOOK: Record<State, { icon: IconName; words: string }> = {
  waiting: { icon: 'clock', words: 'Waiting to be sent' },
  sent: { icon: 'check', words: 'Sent, not confirmed yet' },
  accepted: { icon: 'checks', words: 'Accepted: it will be answered' },
  answered: { icon: 'checks', words: 'Answered' },
  failed: { icon: 'alert', words: 'Failed' },
};

export function Delivery({ state }: { state: State }) {
  const { icon, words } = LOOK[state];
  return (
    <span className={`delivery ${state}`} title={words}>
      <Icon name={icon} />
      <span className="spoken-only">{words}</span>
    </span>
  );
}
