/** The pager of the replies to one message. */
import { Icon } from '../Icon';
import { view } from '../view';

export function Versions({ turn, version, count }: { turn: string; version: number; count: number }) {
  const choose = (next: number) => view.setState(({ versions }) => ({ versions: { ...versions, [turn]: next } }));
  return (
    <fieldset className="versions" style={{ border: 0, margin: 0, padding: 0 }}>
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
