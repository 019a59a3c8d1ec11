/** The responders, each with what it has in hand: these deliveries are unacked. */
import { inHandOf, type Picture } from './picture';
import { Slots } from './Slots';

const ROWS = 3; // responders drawn
const DRAWN = 10; // places of one responder

export function ResponderRows({ picture }: { picture: Picture }) {
  const { responders } = picture;
  if (responders.length === 0) return <p className="responder-rows">None: what comes waits in chat_queue.</p>;
  return (
    <ul className="responder-rows">
      {responders.slice(0, ROWS).map(({ worker, state, prefetch }) => {
        const taken = inHandOf(picture, worker).map((turn) => turn.mine);
        const note = state && state !== 'running' ? state : null;
        return (
          <li key={worker} className={state === 'paused' || state === 'away' ? 'stopped' : undefined}>
            <span title={worker}>{worker.replace(/^responder-/, '')}</span> {note && <small>{note}</small>}
            <Slots taken={taken} places={prefetch ?? 0} max={DRAWN} name={`in work at ${worker}`} />
          </li>
        );
      })}
      {responders.length > ROWS && <li>and {responders.length - ROWS} more</li>}
    </ul>
  );
}
