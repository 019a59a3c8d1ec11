/** The list of keyboard shortcuts. */
import { Keys } from '../Keys';
import { Dialog, DialogHeader } from './Dialog';
import { SHORTCUT_GROUPS } from './shortcut-groups';

export function ShortcutsDialog() {
  return (
    <Dialog label="Keyboard shortcuts">
      <DialogHeader title="Keyboard shortcuts" />
      <div className="shortcuts" tabIndex={0}>
        {SHORTCUT_GROUPS.map(({ name, shortcuts }) => (
          <section key={name} aria-label={name}>
            <h3>{name}</h3>
            <dl>
              {shortcuts.map(({ what, keys }) => (
                <div key={what}>
                  <dt>{what}</dt>
                  <dd>
                    <Keys keys={keys} />
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
