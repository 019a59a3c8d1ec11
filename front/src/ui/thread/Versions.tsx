/** The pager of versions: of a message and its edits, or of the replies to one message. */
import { Icon } from '../Icon';

interface Props {
  /** What there are versions of: "message" or "reply". */
  what: string;
  /** The one shown, from 0. */
  version: number;
  count: number;
  onChoose(version: number): void;
}

export function Versions({ what, version, count, onChoose }: Props) {
  return (
    <fieldset className="versions">
      <legend className="visually-hidden">Versions of this {what}</legend>
      <button
        type="button"
        className="icon-button"
        aria-label={`Previous version of the ${what}`}
        title={`Previous version of the ${what}`}
        disabled={version === 0}
        onClick={() => onChoose(version - 1)}
      >
        <Icon name="left" />
      </button>
      <span>
        {version + 1}/{count}
      </span>
      <button
        type="button"
        className="icon-button"
        aria-label={`Next version of the ${what}`}
        title={`Next version of the ${what}`}
        disabled={version === count - 1}
        onClick={() => onChoose(version + 1)}
      >
        <Icon name="right" />
      </button>
    </fieldset>
  );
}
