/** The start page: what Myna is, and four things to try. */
import { Logo } from '../Logo';

const PROMPTS = [
  { text: '/table', name: 'Draw me a table', what: 'of the places a message passes' },
  { text: '/code', name: 'Write some code', what: 'and colour it' },
  { text: '/slow', name: 'Take your time', what: 'and let me watch the queue' },
  { text: '/fail overloaded', name: 'Fail on purpose', what: 'and say why' },
] as const;

export function Welcome({ onPick }: { onPick(text: string): void }) {
  return (
    <div className="welcome">
      <div className="column">
        <Logo size={72} />
        <div className="welcome-text">
          <h1>Say something, and follow it through the queue.</h1>
          <p>
            Myna is a mock AI: it answers in borrowed voices and knows nothing. The way there and back is real. Your
            message goes through a broker, a responder, a log and a database, and every step can be watched.
          </p>
        </div>
        <ul className="prompts">
          {PROMPTS.map((prompt) => (
            <li key={prompt.text}>
              <button type="button" onClick={() => onPick(prompt.text)}>
                <strong>{prompt.name}</strong>
                <code>{prompt.text}</code>
                <small>{prompt.what}</small>
              </button>
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}
