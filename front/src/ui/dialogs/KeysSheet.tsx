/** The sheet of keys. */
import { Icon } from '../Icon';
import { view } from '../view';
import { DialogFrame } from './DialogFrame';
import { KEYS } from './keys';

export function KeysSheet() {
  return (
    <DialogFrame label="Keyboard shortcuts">
      <div className="sheet-head">
        <h2>Keyboard shortcuts</h2>
        <button
          type="button"
          className="icon-button"
          aria-label="Close"
          onClick={() => view.setState({ dialog: null })}
        >
          <Icon name="close" />
        </button>
      </div>
      <dl className="keys" tabIndex={0}>
        {KEYS.map(({ what, keys }) => (
          <div key={what}>
            <dt>{what}</dt>
            <dd>
              {keys.map((key) => (
                <span key={key}>
                  <kbd>{key}</kbd>{' '}
                </span>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </DialogFrame>
  );
}
