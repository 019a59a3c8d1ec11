/** The reducer, case by case: what a reader would notice. */
import { describe, expect, it } from 'vitest';
import { due } from '../../src/chat/outbox';
import { type Action, reduceAll } from '../../src/chat/reducer';
import { openTurnOf } from '../../src/chat/selectors';
import { type ChatState, INITIAL, type OutboxEntry } from '../../src/chat/state';
import { titleFrom } from '../../src/chat/title';
import { at, CHAT, eventAction, logOf, pageAfter, welcome } from './events';

const ONE = logOf([
  { id: 'm1', text: 'hello', replies: [{ id: 'r1', parts: ['a', 'b', 'c'], end: 'complete', attempts: 1 }] },
]);
const stateAfter = (...actions: Action[]): ChatState => reduceAll(INITIAL, [welcome(false), ...actions]);

function entry(id: string, more: Partial<OutboxEntry> = {}): OutboxEntry {
  return { id, conversation_id: CHAT, text: id, createdAt: 0, phase: 'queued', sends: 0, ...more };
}

describe('a reply', () => {
  it('keeps deltas that came too early until the page fills the gap', () => {
    const late = stateAfter(...ONE.slice(3, 4).map(eventAction));
    const reply = late.threads[CHAT]?.orphans[0];
    expect(reply?.text).toBe('');
    expect(reply?.buffered).toEqual({ 1: 'b' });
  });

  it('restarts when a higher attempt says so, and ignores deltas of the old attempt', () => {
    const key = { conversation_id: CHAT, reply_id: 'r1', message_id: 'm1', cursor: '9', at: at(9) };
    const state = stateAfter(
      ...ONE.slice(0, 4).map(eventAction),
      eventAction({ type: 'reply.started', ...key, attempt: 2, worker: 'w2', restarted: true }),
      eventAction({ type: 'reply.delta', ...key, attempt: 1, index: 0, text: 'old' }),
      eventAction({ type: 'reply.delta', ...key, attempt: 2, index: 0, text: 'new' }),
    );
    const reply = state.threads[CHAT]?.turns[0]?.replies[0];
    expect(reply?.text).toBe('new');
    expect(reply?.attempts.map((one) => one.worker)).toEqual(['worker 1', 'w2']);
  });

  it('leaves a reply that a client of /v1 reads unmarked', () => {
    const call = { model: 'gpt-4o', headers: {} };
    const events = ONE.map((event) => (event.type === 'reply.started' ? { ...event, call } : event));
    expect(stateAfter(...events.map(eventAction)).unread).toEqual({});
  });

  it('marks a conversation in the background as running, then as unread', () => {
    const running = stateAfter({ type: 'opened', id: 'other' }, ...ONE.slice(0, 3).map(eventAction));
    expect(running.running[CHAT]).toEqual(['m1']);
    const done = reduceAll(running, ONE.slice(3).map(eventAction));
    expect(done.running[CHAT]).toBeUndefined();
    expect([running.active[CHAT], done.active[CHAT]]).toEqual([true, undefined]); // also where it is not loaded here
    expect(done.unread[CHAT]).toBe(true);
    expect(reduceAll(done, [{ type: 'opened', id: CHAT }]).unread[CHAT]).toBeUndefined();
  });
});

describe('a regenerate that still waits', () => {
  const page = (status: 'waiting' | 'complete'): Action => {
    const read = pageAfter(ONE, ONE.length);
    const items = read.items.map((item) => (item.role === 'user' ? { ...item, status } : item));
    return { type: 'thread.loaded', id: CHAT, page: { ...read, items }, older: false };
  };
  const more = { conversation_id: CHAT, reply_id: 'r2', message_id: 'm1', cursor: '9', at: at(9), attempt: 1 };
  const begun = eventAction({ type: 'reply.started', ...more, worker: 'w2' });
  const timings = { queued_ms: 1, total_ms: 3 };
  const ended = eventAction({ type: 'reply.completed', ...more, parts: 0, text: '', finish_reason: 'stop', timings });

  it('is recognized in a reloaded page, so that it can be stopped', () => {
    const state = stateAfter(page('waiting'));
    expect(openTurnOf(state, CHAT)).toBe('m1');
    expect(openTurnOf(stateAfter(page('complete')), CHAT)).toBeNull();
    expect(openTurnOf(reduceAll(state, [begun, ended]), CHAT)).toBeNull();
  });

  it('waits no longer when it began, or ended, before it was confirmed', () => {
    const again: Action[] = [
      { type: 'outbox.added', entry: entry('again', { text: '', regenerates: 'm1' }) },
      { type: 'outbox.sent', id: 'again', now: 1 },
    ];
    const frame = { type: 'message.accepted' as const, id: 'again', conversation_id: CHAT, duplicate: false };
    const accepted: Action = { type: 'accepted', frame, now: 2 };
    const log = ONE.map(eventAction);
    const pending = (...actions: Action[]) =>
      stateAfter(...log, ...again, ...actions).threads[CHAT]?.turns[0]?.pendingReplies;
    expect(pending(accepted)).toBe(1);
    expect(pending(accepted, begun)).toBe(0);
    expect(pending(begun, accepted)).toBe(0);
    expect(pending(begun, ended, accepted)).toBe(0);
    expect(openTurnOf(stateAfter(...log, ...again, begun, ended, accepted), CHAT)).toBeNull();
  });

  it('waits no longer when it began before the page came, or was known before', () => {
    expect(openTurnOf(stateAfter(begun, ended, page('waiting')), CHAT)).toBeNull();
    expect(openTurnOf(stateAfter(page('complete'), page('waiting')), CHAT)).toBeNull();
  });
});

describe('a conversation', () => {
  it('gets its title from the first line of the first message', () => {
    const state = stateAfter(...ONE.map(eventAction));
    expect(state.conversations[CHAT]).toMatchObject({ title: 'hello', preview: 'abc' });
  });

  it('is forgotten with everything in it when it is deleted, and late events do not bring it back', () => {
    const gone = { type: 'conversation.deleted' as const, conversation_id: CHAT, cursor: '99', at: at(99) };
    const state = stateAfter(...ONE.map(eventAction), eventAction(gone), ...ONE.map(eventAction));
    expect(state.conversations[CHAT]).toBeUndefined();
    expect(state.threads[CHAT]).toBeUndefined();
  });

  it('shows the previous turns while the state is reloaded', () => {
    const state = stateAfter(...ONE.map(eventAction), welcome(false));
    expect(state.threads[CHAT]?.turns).toEqual([]);
    expect(state.threads[CHAT]?.previous?.[0]?.text).toBe('hello');
  });

  it.each([
    ['short', 'short'],
    ['  first line\nsecond', 'first line'],
    ['', 'New conversation'],
    ['word '.repeat(30), 'word word word word word word word word word word word word…'],
    ['x'.repeat(80), `${'x'.repeat(60)}…`],
    ['\n \n second\tline  is\u0007 it', 'second line is it'],
    [`${'word '.repeat(11)}end, and more words`, `${'word '.repeat(11)}end…`],
    ['😀'.repeat(60), '😀'.repeat(60)],
  ])('titles %j as %j', (text, title) => {
    expect(titleFrom(text)).toBe(title);
  });
});

describe('the saved state', () => {
  it('does not overwrite what was typed and sent before the storage answered', () => {
    const quick = reduceAll(INITIAL, [
      { type: 'draft', id: 'new', text: 'typed at once' },
      { type: 'outbox.added', entry: entry('m2') },
      { type: 'restored', saved: { drafts: { new: 'older', c9: 'other' }, outbox: [entry('m1', { phase: 'sent' })] } },
    ]);
    expect(quick.drafts).toEqual({ new: 'typed at once', c9: 'other' });
    expect(quick.outbox.map(({ id, phase }) => [id, phase])).toEqual([
      ['m1', 'queued'],
      ['m2', 'queued'],
    ]);
  });
});

describe('the outbox', () => {
  it('makes everything unconfirmed due again when the connection is lost', () => {
    const state = stateAfter(
      { type: 'outbox.added', entry: entry('m1') },
      { type: 'outbox.sent', id: 'm1', now: 5 },
      { type: 'connection', connection: { phase: 'offline', since: 0 } },
    );
    expect(state.outbox[0]).toMatchObject({ id: 'm1', phase: 'queued', sends: 1 });
    expect(state.live).toBe(false);
  });

  it('drops a message once it is in the thread', () => {
    const state = stateAfter({ type: 'outbox.added', entry: entry('m1') }, ...ONE.slice(0, 1).map(eventAction));
    expect(state.outbox).toEqual([]);
  });

  it('keeps a refused message with its reason, and waits where the server deferred it', () => {
    const base = stateAfter({ type: 'outbox.added', entry: entry('m1') }, { type: 'outbox.sent', id: 'm1', now: 5 });
    const refuse = (code: string, retry_after_s?: number): ChatState =>
      reduceAll(base, [
        {
          type: 'refused',
          now: 100,
          frame: { type: 'error', code, detail: 'why', ref: 'm1', ...(retry_after_s ? { retry_after_s } : {}) },
        },
      ]);
    expect(refuse('invalid_text').outbox[0]).toMatchObject({ phase: 'failed', problem: { detail: 'why' } });
    expect(refuse('busy', 3).outbox[0]).toMatchObject({ phase: 'queued', notBefore: 3_100 });
  });

  it('sends a refused stop again where that passes, whatever names it, and drops one of nothing', () => {
    const stop: OutboxEntry = { ...entry('s1'), text: '', stops: 'm1' };
    const base = stateAfter({ type: 'outbox.added', entry: stop }, { type: 'outbox.sent', id: 's1', now: 5 });
    const refuse = (code: string, rest: { ref?: string; retry_after_s?: number }): ChatState =>
      reduceAll(base, [{ type: 'refused', now: 100, frame: { type: 'error', code, detail: 'why', ...rest } }]);
    for (const refused of [
      refuse('busy', { ref: 'm1', retry_after_s: 1 }),
      refuse('unavailable', { ref: 'm1', retry_after_s: 1 }),
      refuse('rate_limited', { retry_after_s: 1 }), // a frame that was not read has no name
    ]) {
      expect(refused.outbox[0]).toMatchObject({ phase: 'queued', notBefore: 1_100 });
      const live = { ...refused, live: true };
      expect(due(live, 1_000)).toEqual([]);
      expect(due(live, 1_101)).toHaveLength(1);
    }
    expect(refuse('not_found', { ref: 'm1' }).outbox).toEqual([]);
    expect(refuse('invalid_frame', {}).outbox[0]).toMatchObject({ phase: 'sent' });
  });

  it('gives an edited or retried message a new id, because the old one may be known', () => {
    const state = stateAfter(
      { type: 'outbox.added', entry: entry('m1', { phase: 'failed', sends: 2 }) },
      { type: 'outbox.edited', id: 'm1', text: 'better', newId: 'm2' },
    );
    expect(state.outbox[0]).toMatchObject({ id: 'm2', text: 'better', phase: 'queued', sends: 0 });
  });
});
