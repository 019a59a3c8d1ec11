/** Toasts at the bottom of the page, and the screen reader announcements. */
import { useStore } from 'zustand';
import { useChatState } from './context';
import { withKeys } from './shortcuts';
import { dismissToast, toasts } from './toasts';

const ANNOUNCED = 300; // characters read aloud; the rest is in the log

export function ToastList() {
  const shown = useStore(toasts);
  return (
    <div className="toasts" role="status">
      {shown.map((one) => (
        <div key={one.id} className={one.action ? 'toast' : 'toast plain'}>
          <span>{one.text}</span>
          {one.action && (
            <button
              type="button"
              title={withKeys(one.action.name, 'undo')}
              onClick={() => {
                one.action?.run();
                dismissToast(one.id);
              }}
            >
              {one.action.name}
            </button>
          )}
        </div>
      ))}
    </div>
  );
}

/** Announces finished replies of the open conversation. */
export function Announcer() {
  const text = useChatState((state) => {
    const last = state.lastFinished;
    return last && last.conversation_id === state.open ? last.text : '';
  });
  const phase = useChatState((state) => state.connection.phase);
  return (
    <>
      <div className="visually-hidden" aria-live="polite" data-testid="announcer">
        {text.length > ANNOUNCED ? `${text.slice(0, ANNOUNCED)} …` : text}
      </div>
      <div className="visually-hidden" role="status">
        {phase === 'offline' ? 'You are offline.' : ''}
      </div>
    </>
  );
}
