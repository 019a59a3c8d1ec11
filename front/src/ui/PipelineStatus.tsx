/** The pipeline in the header: shows where the open conversation's message is, and leads to the pipeline view. */
import type { ChatState } from '../chat/state';
import { useChatState } from './context';
import { navigate, useView } from './view';

type Position = 'rest' | 'page' | 'queue' | 'responder' | 'log' | 'down';

const LABELS: Record<Position, string> = {
  rest: 'Nothing is on its way',
  page: 'A message leaves this page',
  queue: 'A message waits in chat_queue',
  responder: 'A responder has it',
  log: 'The reply comes through chat_responses',
  down: 'Not connected',
};

function positionOf(state: ChatState, id: string | null): Position {
  if (!state.live) return 'down';
  if (id && state.outbox.some((entry) => entry.conversation_id === id && entry.phase === 'sent')) return 'page';
  const messageId = id ? state.running[id]?.[0] : undefined;
  if (!id || !messageId) return 'rest';
  const reply = state.threads[id]?.turns.findLast((turn) => turn.id === messageId)?.replies.at(-1);
  if (!reply || reply.end) return 'queue';
  return reply.parts > 0 ? 'log' : 'responder';
}

const NODES: readonly Position[] = ['page', 'queue', 'responder', 'log'];

export function PipelineStatus() {
  const route = useView((state) => state.route);
  const position = useChatState((state) => positionOf(state, route.name === 'chat' ? route.id : null));
  const lastChatRoute = useView((state) => state.lastChatRoute);
  const working = useChatState((state) => Object.keys(state.active).length);
  const here = route.name === 'pipeline';
  const label = working > 0 ? `Pipeline · ${working} in work` : 'Pipeline';
  return (
    <button
      type="button"
      className={position === 'down' ? 'pipeline-status down' : 'pipeline-status'}
      aria-label={`${label}. ${LABELS[position]}`} // it begins with what is seen, for those who speak to the page
      title={LABELS[position]}
      aria-current={here ? 'page' : undefined}
      onClick={() => navigate(here ? lastChatRoute : { name: 'pipeline' })}
    >
      <svg viewBox="0 0 88 14" aria-hidden="true">
        <line x1="7" x2="81" y1="7" y2="7" />
        {NODES.map((node, at) => (
          <circle
            key={node}
            className={node !== position ? 'node' : node === 'page' ? 'node client' : 'node here'}
            cx={7 + at * 24.7}
            cy="7"
            r="4"
          />
        ))}
      </svg>
      <span className="pipeline-status-label">{label}</span>
    </button>
  );
}
