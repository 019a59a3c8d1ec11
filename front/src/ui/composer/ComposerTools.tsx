/** The composer's buttons: commands, reply options, the character counter, Send or Stop. */
import type { SendOptions } from '../../protocol/wire';
import { Icon } from '../Icon';
import { OptionsMenu } from './OptionsMenu';

interface Props {
  options: SendOptions;
  /** Characters left; negative when there are too many. */
  left: number;
  limit: number;
  /** A reply runs: Stop is shown, also beside a text that could be sent. */
  running: boolean;
  empty: boolean;
  onCommands(): void;
  onOptions(options: SendOptions): void;
  onSend(): void;
  onStop(): void;
}

const NEAR = 0.1; // the counter shows when a tenth is left

export function ComposerTools({ options, left, limit, running, empty, ...on }: Props) {
  return (
    <div className="composer-tools">
      <button
        type="button"
        className="icon-button"
        aria-label="Commands"
        title="Commands ( / )"
        onClick={on.onCommands}
      >
        <Icon name="slash" />
      </button>
      <OptionsMenu options={options} onChange={on.onOptions} />
      <span className="grow" />
      {left < limit * NEAR && (
        <span className={left < 0 ? 'counter over' : 'counter'} role="status">
          {left < 0 ? `${(-left).toLocaleString()} characters too many` : `${left.toLocaleString()} left`}
        </span>
      )}
      {running && (
        <button type="button" className="send stop" aria-label="Stop the reply" title="Stop (Esc)" onClick={on.onStop}>
          <Icon name="stop" />
        </button>
      )}
      {!(running && empty) && (
        <button
          type="button"
          className="send"
          aria-label="Send"
          title="Send (Enter)"
          disabled={empty || left < 0}
          onClick={on.onSend}
        >
          <Icon name="up" />
        </button>
      )}
    </div>
  );
}
