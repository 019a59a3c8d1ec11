/** The delivery state of a message as an icon with text for screen readers. */
import type { Delivery as State } from '../../chat/selectors';
import { Icon, type IconName } from '../Icon';

const STATES: Record<State, { icon: IconName; label: string }> = {
  waiting: { icon: 'clock', label: 'Waiting to be sent' },
  sent: { icon: 'check', label: 'Sent, not confirmed yet' },
  accepted: { icon: 'checks', label: 'Accepted: it will be answered' },
  answered: { icon: 'checks', label: 'Answered' },
  failed: { icon: 'alert', label: 'Failed' },
};

export function Delivery({ state }: { state: State }) {
  const { icon, label } = STATES[state];
  return (
    <span className={`delivery ${state}`} title={label}>
      <Icon name={icon} />
      <span className="visually-hidden">{label}</span>
    </span>
  );
}
