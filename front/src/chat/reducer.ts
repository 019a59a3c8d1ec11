/** The one pure reducer: (state, action) → state, the same for live events, replayed events and history pages. No I/O. */
import type { ConversationsPage, MessagesPage } from '../protocol/http';
import type { ErrorFrame, MessageAccepted, SendOptions, ServerEvent, Welcome } from '../protocol/wire';
import type { Connection } from '../transport/socket';
import { onListLoaded, withUnsentConversations } from './conversations';
import { Draft, drafted } from './draft';
import { applyEvent, putThread } from './events';
import { changed, type OutboxAction, onOutbox, onRefused, requeued, without } from './outbox';
import { onPathChosen, withoutRefused, withPathFor } from './paths';
import { toggled } from './records';
import { type ChatState, EMPTY_THREAD, INITIAL, type SavedState, type Thread } from './state';
import { patched, type SharedChange } from './storage';
import { withItems, withPendingReply, withWaitingReplies } from './thread';

export type Action =
  | { type: 'restored'; saved: Partial<SavedState> }
  | { type: 'shared'; change: SharedChange }
  | { type: 'connection'; connection: Connection }
  | { type: 'welcome'; frame: Welcome }
  | { type: 'event'; event: ServerEvent }
  | { type: 'accepted'; frame: MessageAccepted; now: number }
  | { type: 'refused'; frame: ErrorFrame; now: number }
  | { type: 'list.loading' }
  | { type: 'list.failed' }
  | { type: 'list.loaded'; page: ConversationsPage; older: boolean }
  | { type: 'thread.loading'; id: string }
  | { type: 'thread.created'; id: string }
  | { type: 'thread.failed'; id: string; problem: string; missing: boolean }
  | { type: 'thread.loaded'; id: string; page: MessagesPage; older: boolean }
  | OutboxAction
  | { type: 'draft'; id: string; text: string }
  | { type: 'options'; id: string; options: SendOptions | null }
  | { type: 'path'; id: string; tip: string }
  | { type: 'pinned'; id: string; on: boolean }
  | { type: 'opened'; id: string | null }
  | { type: 'visible'; on: boolean }
  | { type: 'renamed'; id: string; title: string }
  | { type: 'deleting'; id: string; on: boolean }
  | { type: 'seen'; id: string }
  | { type: 'forgotten' };

function withThread(state: ChatState, id: string, thread: Thread, touched: readonly string[]): ChatState {
  return drafted(state, (draft) => putThread(draft, id, thread, touched));
}

/** Nothing is left of the owner but the page's own circumstances. */
function forgotten({ connection, open, visible }: ChatState): ChatState {
  return { ...INITIAL, connection, open, visible };
}

function onWelcome(before: ChatState, frame: Welcome): ChatState {
  const isOther = before.owner !== null && before.owner !== frame.owner;
  const state = isOther ? forgotten(before) : before;
  const base: ChatState = { ...state, owner: frame.owner, epoch: frame.epoch, limits: frame.limits ?? {}, live: true };
  if (frame.resumed) return base;
  // Accepted messages are part of the history that is about to be loaded.
  const outbox = state.outbox.filter((entry) => entry.phase !== 'accepted');
  const threads: Record<string, Thread> = {};
  for (const [id, thread] of Object.entries(state.threads)) {
    const previous = thread.turns.length > 0 ? thread.turns : thread.previous;
    threads[id] = { ...EMPTY_THREAD, previous };
  }
  return { ...base, outbox, threads, running: {}, list: { ...state.list, loaded: 'no' } };
}

function onAccepted(state: ChatState, frame: MessageAccepted, now: number): ChatState {
  const entry = state.outbox.find((one) => one.id === frame.id);
  const key = entry?.regenerates ?? frame.id;
  const clock = state.clocks[key];
  const clocks = clock && !clock.accepted ? { ...state.clocks, [key]: { ...clock, accepted: now } } : state.clocks;
  if (!entry) return clocks === state.clocks ? state : { ...state, clocks };
  const thread = state.threads[frame.conversation_id] ?? EMPTY_THREAD;
  if (entry.regenerates) {
    const next = { ...state, clocks, outbox: without(state.outbox, entry.id) };
    const turn = thread.turns.findLast((one) => one.id === entry.regenerates);
    const begun = turn !== undefined && turn.replies.length > (entry.repliesBefore ?? turn.replies.length);
    if (frame.duplicate || begun) return next; // its first event may be here before the confirmation
    return withThread(next, frame.conversation_id, withPendingReply(thread, entry.regenerates), [entry.regenerates]);
  }
  const known = thread.turns.some((turn) => turn.id === entry.id);
  const outbox =
    known || frame.duplicate
      ? without(state.outbox, entry.id)
      : changed(state.outbox, entry.id, (one) => ({ ...one, phase: 'accepted' }));
  return { ...state, clocks, outbox };
}

function onThreadLoaded(state: ChatState, id: string, page: MessagesPage, older: boolean): ChatState {
  const thread = state.threads[id] ?? EMPTY_THREAD;
  const read = withItems(thread, page.items);
  const grown = older || thread.loaded === 'yes' ? read : withWaitingReplies(read, page.items);
  const touched = page.items.map((item) => (item.role === 'user' ? item.id : item.message_id));
  const next: Thread = { ...grown, loaded: 'yes', problem: null, next: page.next, previous: null };
  const arrived = new Set(touched);
  const outbox = older ? state.outbox : state.outbox.filter((entry) => !arrived.has(entry.id));
  return withThread({ ...state, outbox }, id, next, touched);
}

function onThreadProblem(state: ChatState, id: string, problem: string, missing: boolean): ChatState {
  const thread = state.threads[id] ?? EMPTY_THREAD;
  // A conversation that was started here and never sent is empty rather than missing.
  if (missing && (thread.turns.length > 0 || state.outbox.some((entry) => entry.conversation_id === id))) {
    return withThread(state, id, { ...thread, loaded: 'yes', problem: null, previous: null }, []);
  }
  const next = withThread(state, id, { ...thread, loaded: missing ? 'missing' : 'failed', problem }, []);
  return missing ? { ...next, active: toggled(next.active, id, null) } : next;
}

export function reduce(state: ChatState, action: Action): ChatState {
  switch (action.type) {
    case 'restored': {
      // The user may have typed before the storage answered: the newer value wins.
      const { outbox = [], drafts, pins, unread, active, options, paths } = action.saved;
      return withUnsentConversations({
        ...state,
        drafts: { ...drafts, ...state.drafts },
        pins: { ...pins, ...state.pins },
        unread: { ...unread, ...state.unread },
        active: { ...active, ...state.active },
        options: { ...options, ...state.options },
        paths: { ...paths, ...state.paths },
        outbox: [
          ...requeued(outbox.filter((one, at) => outbox.findIndex(({ id }) => id === one.id) === at)),
          ...state.outbox,
        ],
      });
    }
    case 'shared': {
      const { pins, unread, paths } = action.change;
      return {
        ...state,
        pins: pins ? patched(state.pins, pins) : state.pins,
        unread: unread ? patched(state.unread, unread) : state.unread,
        paths: paths ? patched(state.paths, paths) : state.paths,
      };
    }
    case 'connection': {
      const live = state.live && action.connection.phase === 'open';
      return { ...state, connection: action.connection, live, outbox: live ? state.outbox : requeued(state.outbox) };
    }
    case 'welcome':
      return onWelcome(state, action.frame);
    case 'event':
      return drafted(state, (draft) => applyEvent(draft, action.event));
    case 'accepted':
      return onAccepted(state, action.frame, action.now);
    case 'refused':
      return withoutRefused(onRefused(state, action.frame, action.now), action.frame.ref ?? '');
    case 'list.loading':
      return { ...state, list: { ...state.list, loaded: 'loading' } };
    case 'list.failed':
      return { ...state, list: { ...state.list, loaded: 'failed' } };
    case 'list.loaded':
      return onListLoaded(state, action.page, action.older);
    case 'thread.loading':
      return withThread(
        state,
        action.id,
        { ...(state.threads[action.id] ?? EMPTY_THREAD), loaded: 'loading', problem: null },
        [],
      );
    case 'thread.created':
      return withThread(state, action.id, { ...(state.threads[action.id] ?? EMPTY_THREAD), loaded: 'yes' }, []);
    case 'thread.failed':
      return onThreadProblem(state, action.id, action.problem, action.missing);
    case 'thread.loaded':
      return onThreadLoaded(state, action.id, action.page, action.older);
    case 'draft':
      return { ...state, drafts: toggled(state.drafts, action.id, action.text === '' ? null : action.text) };
    case 'path':
      return onPathChosen(state, action.id, action.tip);
    case 'pinned':
      return { ...state, pins: toggled(state.pins, action.id, action.on ? true : null) };
    case 'opened':
      return { ...state, open: action.id, unread: action.id ? toggled(state.unread, action.id, null) : state.unread };
    case 'visible': {
      const seen = action.on && state.open ? toggled(state.unread, state.open, null) : state.unread;
      return { ...state, visible: action.on, unread: seen };
    }
    case 'forgotten':
      return forgotten(state);
    case 'seen':
      return { ...state, unread: toggled(state.unread, action.id, null) };
    case 'renamed': {
      const known = state.conversations[action.id];
      if (!known) return state;
      return { ...state, conversations: { ...state.conversations, [action.id]: { ...known, title: action.title } } };
    }
    case 'deleting':
      return { ...state, deleting: toggled(state.deleting, action.id, action.on ? true : null) };
    case 'options':
      return { ...state, options: toggled(state.options, action.id, action.options) };
    default:
      return withUnsentConversations(onOutbox(withPathFor(state, action), action));
  }
}

/** Events in a row fold into one draft: of a thousand of them, each record of the state is copied once. */
export function reduceAll(state: ChatState, actions: readonly Action[]): ChatState {
  let next = state;
  let draft: Draft | null = null;
  for (const action of actions) {
    if (action.type === 'event') {
      draft ??= new Draft(next);
      applyEvent(draft, action.event);
    } else {
      next = reduce(draft?.state ?? next, action);
      draft = null;
    }
  }
  return draft?.state ?? next;
}
