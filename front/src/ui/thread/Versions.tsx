/** Which of several replies to one message is shown. */
import { Icon } from '../Icon';
import { view } from '../view';

export function Versions({ turn, at, count }: { turn: string; at: number; count: number }) {
  const choose = (next: number) => view.setState(({ versions }) => ({ versions: { ...versions, [turn]: next } }));
  return (
    <fieldset className="versions" style={{ border: 0, margin: 0, padding: 0 }}>
      <legend className="spoken-only">Versions of this reply</legend>
      <button
        type="button"
        className="icon-button"
        aria-label="Previous version"
        disabled={at === 0}
        onClick={() => choose(at - 1)}
      >
        <Icon name="left" />
      </button>
      <span>
        {at + 1}/{count}
      </span>
      <button
        type="button"
        className="icon-button"
        aria-label="Next version"
        disabled={at === count - 1}
        onClick={() => choose(at + 1)}
      >
        <Icon name="right" />
      </button>
    </fieldset>
  );
}
