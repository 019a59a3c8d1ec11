/** The pager of the replies to one message. */
import { Icon } from '../Icon';
import { useChooseVersion } from './thread-ui';

export function Versions({ turn, version, count }: { turn: string; version: number; count: number }) {
  const choose = useChooseVersion(turn);
  return (
    <fieldset className="versions">
      <legend className="visually-hidden">Versions of this reply</legend>
      <button
        type="button"
        className="icon-button"
        aria-label="Previous version"
        disabled={version === 0}
        onClick={() => choose(version - 1)}
      >
        <Icon name="left" />
      </button>
      <span>
        {version + 1}/{count}
      </span>
      <button
        type="button"
        className="icon-button"
        aria-label="Next version"
        disabled={version === count - 1}
        onClick={() => choose(version + 1)}
      >
        <Icon name="right" />
      </button>
    </fieldset>
  );
}
