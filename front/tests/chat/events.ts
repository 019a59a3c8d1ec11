/** Test data: events of a conversation, the log they make, and the pages a server would show of them. */

import type { Action } from '../../src/chat/reducer';
import type { AssistantItem, MessageItem, MessagesPage } from '../../src/protocol/http';
import type { ServerEvent } from '../../src/protocol/wire';

export const CHAT = 'c1';

export function at(step: number): string {
  return new Date(Date.UTC(2026, 0, 1) + step).toISOString();
}

export interface TurnPlan {
  id: string;
  text: string;
  /** What it follows; the newest reply before it where the plan does not say. */
  parent?: string | null;
  replies: { id: string; parts: string[]; end: 'complete' | 'stopped' | 'failed' | 'open'; attempts: number }[];
}

/** The log of a conversation, as the server would write it. A second attempt goes on at the next index. */
export function logOf(turns: readonly TurnPlan[]): ServerEvent[] {
  const events: ServerEvent[] = [];
  const common = () => ({ cursor: String(events.length + 1), at: at(events.length), conversation_id: CHAT });
  for (const [place, turn] of turns.entries()) {
    const before = turns[place - 1];
    const { parent: parent_id = before?.replies.at(-1)?.id ?? before?.id ?? null } = turn;
    events.push({ type: 'message.created', ...common(), id: turn.id, text: turn.text, parent_id });
    for (const reply of turn.replies) {
      const key = (attempt: number) => ({ ...common(), reply_id: reply.id, message_id: turn.id, attempt });
      const change = Math.ceil(reply.parts.length / reply.attempts);
      let attempt = 0;
      reply.parts.forEach((text, index) => {
        if (index === attempt * change) {
          attempt += 1;
          events.push({ type: 'reply.started', ...key(attempt), worker: `worker ${attempt}` });
        }
        events.push({ type: 'reply.delta', ...key(attempt), index, text });
      });
      const last = key(Math.max(1, attempt));
      const whole = reply.parts.join('');
      if (reply.end === 'failed') {
        events.push({ type: 'reply.failed', ...last, code: 'mock', detail: 'As asked.', retryable: true });
      } else if (reply.end !== 'open') {
        const finish_reason = reply.end === 'stopped' ? 'stopped' : 'stop';
        const timings = { queued_ms: 1, first_part_ms: 2, total_ms: 3 };
        events.push({
          type: 'reply.completed',
          ...last,
          parts: reply.parts.length,
          text: whole,
          finish_reason,
          timings,
        });
      }
    }
  }
  return events;
}

/** What the server's state is after the first `count` events. */
export function pageAfter(log: readonly ServerEvent[], count: number): MessagesPage {
  const items: MessageItem[] = [];
  const reply = (id: string) =>
    items.find((item): item is AssistantItem => item.role === 'assistant' && item.id === id);
  for (const event of log.slice(0, count)) {
    if (event.type === 'message.created') {
      items.push({
        id: event.id,
        role: 'user',
        text: event.text,
        status: 'waiting',
        created_at: event.at,
        parent_id: event.parent_id ?? null,
      });
    }
    if (event.type === 'reply.started' && !reply(event.reply_id)) {
      const { reply_id: id, message_id, attempt, at: created_at } = event;
      items.push({
        id,
        role: 'assistant',
        message_id,
        parent_id: message_id,
        text: '',
        status: 'streaming',
        attempt,
        parts: 0,
        created_at,
      });
    }
    if (!('reply_id' in event)) continue;
    const said = items.find((one) => one.id === event.message_id);
    if (said) said.status = 'complete'; // its waiting was over when its reply began
    const item = reply(event.reply_id);
    if (!item) continue;
    item.attempt = event.attempt;
    if (event.type === 'reply.delta') {
      item.text += event.text;
      item.parts += 1;
    }
    if (event.type === 'reply.completed') {
      item.status = event.finish_reason === 'stopped' ? 'stopped' : 'complete';
      item.finish_reason = event.finish_reason;
      item.timings = event.timings ?? null;
    }
    if (event.type === 'reply.failed') {
      item.status = 'failed';
      item.error = { code: event.code, detail: event.detail, retryable: event.retryable };
    }
  }
  return { items, next: null, cursor: String(count) };
}

export const eventAction = (event: ServerEvent): Action => ({ type: 'event', event });

const limits = { frame_bytes: 65_536, text_chars: 8_000, waiting_messages: 8 };

export function welcome(resumed: boolean, cursor = '0'): Action {
  return {
    type: 'welcome',
    frame: { type: 'welcome', owner: 'o', epoch: 'e', cursor, resumed, heartbeat_s: 20, limits },
  };
}
