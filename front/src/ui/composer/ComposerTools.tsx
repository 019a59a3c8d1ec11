/** The composer's buttons: commands, reply options, the character counter, Send or Stop. */
import type { SendOptions } from '../../protocol/wire';
import { Icon } from '../Icon';
import { withKeys } from '../shortcuts';
import { OptionsPanel } from './OptionsPanel';

interface Props {
  options: SendOptions;
  /** Characters left; negative when there are too many. */
  left: number;
  limit: number;
  /** A reply runs: Stop is shown, also beside a text that could be sent. */
  stoppable: boolean;
  empty: boolean;
  onCommands(): void;
  onOptions(options: SendOptions): void;
  onSend(): void;
  onStop(): void;
}

const NEAR = 0.1; // the counter shows when a tenth is left

export function ComposerTools({ options, left, limit, stoppable, empty, ...on }: Props) {
  return (
    <>
      <div className="composer-start">
        <button
          type="button"
          className="icon-button"
          aria-label="Commands"
          title={withKeys('Commands', 'commands')}
          onClick={on.onCommands}
        >
          <Icon name="slash" />
        </button>
        <OptionsPanel options={options} onChange={on.onOptions} />
      </div>
      <div className="composer-end">
        {left < limit * NEAR && (
          <span className={left < 0 ? 'counter over' : 'counter'} role="status">
            {left < 0 ? `${(-left).toLocaleString()} characters too many` : `${left.toLocaleString()} left`}
          </span>
        )}
        {stoppable && (
          <button
            type="button"
            className="send stop"
            aria-label="Stop the reply"
            title={withKeys('Stop', 'stop')}
            onClick={on.onStop}
          >
            <Icon name="stop" />
          </button>
        )}
        {!(stoppable && empty) && (
          <button
            type="button"
            className="send"
            aria-label="Send"
            title={withKeys('Send', 'send')}
            disabled={empty || left < 0}
            onClick={on.onSend}
          >
            <Icon name="up" />
          </button>
        )}
      </div>
    </>
  );
}
