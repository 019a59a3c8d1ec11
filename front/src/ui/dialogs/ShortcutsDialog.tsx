/** The list of keyboard shortcuts. */
import { Icon } from '../Icon';
import { view } from '../view';
import { Dialog } from './Dialog';
import { SHORTCUTS } from './shortcuts';

export function ShortcutsDialog() {
  return (
    <Dialog label="Keyboard shortcuts">
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
      <dl className="shortcuts" tabIndex={0}>
        {SHORTCUTS.map(({ what, keys }) => (
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
    </Dialog>
  );
}
