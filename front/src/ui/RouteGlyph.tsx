/** The route in small, in the header: shows where the open conversation's message is. Leads to the pipeline view. */
import type { ChatState } from '../chat/state';
import { useChatState } from './context';
import { go, useView } from './view';

type Place = 'rest' | 'page' | 'queue' | 'responder' | 'log' | 'down';

const WORDS: Record<Place, string> = {
  rest: 'Nothing is on its way',
  page: 'A message leaves this page',
  queue: 'A message waits in chat_queue',
  responder: 'A responder has it',
  log: 'The reply comes through chat_responses',
  down: 'The line is down',
};

function placeIn(state: ChatState, id: string | null): Place {
  if (!state.live) return 'down';
  if (id && state.outbox.some((entry) => entry.conversation_id === id && entry.phase === 'sent')) return 'page';
  const messageId = id ? state.running[id]?.[0] : undefined;
  if (!id || !messageId) return 'rest';
  const reply = state.threads[id]?.turns.findLast((turn) => turn.id === messageId)?.replies.at(-1);
  if (!reply || reply.end) return 'queue';
  return reply.parts > 0 ? 'log' : 'responder';
}

const NODES: readonly Place[] = ['page', 'queue', 'responder', 'log'];

export function RouteGlyph() {
  const route = useView((state) => state.route);
  const place = useChatState((state) => placeIn(state, route.name === 'chat' ? route.id : null));
  const here = route.name === 'pipeline';
  return (
    <button
      type="button"
      className={place === 'down' ? 'route-glyph down' : 'route-glyph'}
      aria-label={`The pipeline. ${WORDS[place]}`}
      title={WORDS[place]}
      aria-current={here ? 'page' : undefined}
      onClick={() => (here ? history.back() : go({ name: 'pipeline' }))}
    >
      <svg viewBox="0 0 88 14" aria-hidden="true">
        <line x1="7" x2="81" y1="7" y2="7" />
        {NODES.map((node, at) => (
          <circle
            key={node}
            className={node !== place ? 'node' : node === 'page' ? 'node person' : 'node here'}
            cx={7 + at * 24.7}
            cy="7"
            r="4"
          />
        ))}
      </svg>
    </button>
  );
}
