/** What a moment of a trace shows in the picture: the turns of this tab, and the numbers that follow from them. Pure. */
import { frameIn, type TraceEntry } from '../chat/recording';
import type { ChatState, Turn } from '../chat/state';
import type { OpenTurn } from '../ui/pipeline/picture';
import type { Snapshot } from '../ui/pipeline/snapshot';

const NONE = { worker: null, attempt: 0, parts: 0 };

function turnsOf(conversation: string, turn: Turn): OpenTurn[] {
  const common = { mine: true, offset: null, age_ms: null, conversation_id: conversation, message_id: turn.id };
  const open = turn.replies.filter((reply) => reply.end === null);
  const waits = turn.pendingReplies > 0 || (turn.replies.length === 0 && !turn.closed);
  return [
    ...open.map((reply): OpenTurn => {
      const { attempt = 1, worker = null } = reply.attempts.at(-1) ?? {};
      const stage = reply.parts > 0 ? 'streaming' : 'picked_up';
      return { ...common, stage, worker, attempt, parts: reply.parts, reply_id: reply.id };
    }),
    ...(waits ? [{ ...common, ...NONE, stage: 'waiting' } as const] : []),
  ];
}

/** The open turns, oldest first. */
export function openTurnsOf(state: ChatState): readonly OpenTurn[] {
  // Only what runs is looked at: a trace may hold hundreds of conversations, and this is called for every frame.
  const turns = Object.entries(state.running).flatMap(([id, messages]) =>
    (state.threads[id]?.turns ?? []).filter((turn) => messages.includes(turn.id)).map((turn) => ({ id, turn })),
  );
  turns.sort((a, b) => (a.turn.at < b.turn.at ? -1 : 1));
  return turns.flatMap(({ id, turn }) => turnsOf(id, turn));
}

/** The picture's numbers, as far as one tab knows them; `records` is how many events it had got. */
export function snapshotOf(state: ChatState, turns: readonly OpenTurn[], records: number): Snapshot {
  const waiting = turns.filter((one) => one.stage === 'waiting').length;
  const inWork = turns.length - waiting;
  const unknown = { unacked: null, consumers: null };
  return {
    broker: {
      kind: 'unknown',
      up: true,
      management_url: null,
      vhost: null,
      queues: [
        { name: 'chat_queue', depth: waiting, unacked: inWork, consumers: null },
        { ...unknown, name: 'chat_responses', depth: records },
        { ...unknown, name: 'chat_dead_letters', depth: null },
      ],
    },
    relay: null,
    recorder: null,
    store: null,
    sockets: state.live ? 1 : 0,
    open_turns: turns.length,
    responders: null,
    rates: null,
    lab: false,
  };
}

/** The conversation that the last of the first `count` entries is about. */
export function latestConversation(entries: readonly TraceEntry[], count: number): string | null {
  for (let place = count - 1; place >= 0; place -= 1) {
    const entry = entries[place];
    const frame = entry && frameIn(entry);
    if (frame && 'conversation_id' in frame) return frame.conversation_id;
  }
  return null;
}
