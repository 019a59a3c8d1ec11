/** Small notes at the foot of the page, and the polite word for finished replies. */
import { useChatState } from './context';
import { dropNote, useView } from './view';

const SPOKEN = 300; // characters read aloud; the rest is in the log

export function Notes() {
  const notes = useView((state) => state.notes);
  return (
    <div className="notes" role="status">
      {notes.map((one) => (
        <div key={one.id} className={one.action ? 'note' : 'note plain'}>
          <span>{one.text}</span>
          {one.action && (
            <button
              type="button"
              onClick={() => {
                one.action?.run();
                dropNote(one.id);
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

/** Only whole replies are announced, and only those of the conversation on the screen. */
export function Announcer() {
  const text = useChatState((state) => {
    const last = state.lastFinished;
    return last && last.conversation_id === state.open ? last.text : '';
  });
  const phase = useChatState((state) => state.link.phase);
  return (
    <>
      <div className="spoken-only" aria-live="polite" data-testid="announcer">
        {text.length > SPOKEN ? `${text.slice(0, SPOKEN)} …` : text}
      </div>
      <div className="spoken-only" role="status">
        {phase === 'offline' ? 'You are offline.' : ''}
      </div>
    </>
  );
}
