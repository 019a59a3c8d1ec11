// @vitest-environment happy-dom
/** Components by role and text: what a reader or a screen reader finds. */
import { act, cleanup, fireEvent, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { createRef } from 'react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { shownPath } from '../../src/chat/paths';
import type { Action } from '../../src/chat/reducer';
import type { OutboxEntry } from '../../src/chat/state';
import { Banner } from '../../src/ui/Banner';
import { Composer } from '../../src/ui/composer/Composer';
import { useChatState } from '../../src/ui/context';
import { dayOrTime } from '../../src/ui/format';
import { Markdown } from '../../src/ui/markdown/Markdown';
import { ConversationList } from '../../src/ui/sidebar/ConversationList';
import { piecesOf, Snippet, snippetOf } from '../../src/ui/sidebar/Snippet';
import { Announcer } from '../../src/ui/ToastList';
import { TurnView } from '../../src/ui/thread/TurnView';
import { UnconfirmedMessage } from '../../src/ui/thread/UnconfirmedMessage';
import { CHAT, eventAction, logOf, welcome } from '../chat/events';
import { show } from './setup';

beforeEach(() => {
  vi.stubGlobal('matchMedia', () => ({ matches: false }));
});
afterEach(cleanup);

const OPEN: Action = { type: 'connection', connection: { phase: 'open', since: 0 } };

function entry(more: Partial<OutboxEntry>): OutboxEntry {
  return { id: 'm1', conversation_id: CHAT, text: 'said', createdAt: Date.now(), phase: 'queued', sends: 0, ...more };
}

/** The turns on the shown path. */
function Turns() {
  const state = useChatState((all) => all);
  return shownPath(state, CHAT).map((step, place) => (
    <TurnView
      key={step.turn.id}
      conversation={CHAT}
      row={{ ...step, id: step.turn.id, newDay: false }}
      place={place}
      last
    />
  ));
}

function turnOf(...plan: Parameters<typeof logOf>[0]) {
  return show(<Turns />, OPEN, welcome(false), ...logOf(plan).map(eventAction));
}

describe('a turn', () => {
  it('says where the message is before the first word', () => {
    turnOf({ id: 'm1', text: 'hi', replies: [] });
    expect(screen.getByText(/Waiting in/).textContent).toContain('chat_queue');
  });

  it.each([
    [[{ conversation_id: CHAT, message_id: 'm1', place: 1 }], 'Waiting in chat_queue, next in line'],
    [[{ conversation_id: CHAT, message_id: 'm1', place: 3 }], 'Waiting in chat_queue, 3rd in line'],
    [[{ conversation_id: CHAT, message_id: 'm1', place: 1011 }], 'Waiting in chat_queue, 1,011th in line'],
    [[{ conversation_id: CHAT, message_id: 'another', place: 3 }], 'Waiting in chat_queue'],
    [[], 'Waiting in chat_queue'],
  ])('says its own place in line as far as the server knows it: %j', async (items, words) => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const { chat } = turnOf({ id: 'm1', text: 'hi', replies: [] });
    const line = vi.spyOn(chat.api, 'queuePositions').mockResolvedValue({ items, next: null });
    await act(() => vi.advanceTimersByTimeAsync(1_000));
    expect(line).toHaveBeenCalled();
    expect(screen.getByText(/Waiting in/).textContent).toBe(words);
    line.mockRejectedValue(new Error('away'));
    await act(() => vi.advanceTimersByTimeAsync(1_000));
    expect(screen.getByText(/Waiting in/).textContent).toBe('Waiting in chat_queue');
    vi.useRealTimers();
  });

  it('says that a responder has it, and which one to those who point at it', () => {
    turnOf({ id: 'm1', text: 'hi', replies: [{ id: 'r1', parts: [''], end: 'open', attempts: 1 }] });
    expect(screen.getByText('A responder has it').title).toBe('worker 1');
  });

  it('offers versions, and shows the latest until another is chosen', async () => {
    turnOf({
      id: 'm1',
      text: 'hi',
      replies: [
        { id: 'r1', parts: ['first'], end: 'complete', attempts: 1 },
        { id: 'r2', parts: ['second'], end: 'complete', attempts: 1 },
      ],
    });
    expect(await screen.findByText('second')).toBeTruthy();
    await userEvent.click(screen.getByRole('button', { name: 'Previous version of the reply' }));
    expect(await screen.findByText('first')).toBeTruthy();
    expect(screen.getByText('1/2')).toBeTruthy();
  });

  it('says that a reply failed, why, and offers to try again', async () => {
    const { chat } = turnOf({
      id: 'm1',
      text: 'hi',
      replies: [{ id: 'r1', parts: ['x'], end: 'failed', attempts: 1 }],
    });
    expect(screen.getByText(/The reply failed. As asked./)).toBeTruthy();
    expect(screen.queryByRole('button', { name: 'Another reply' })).toBeNull(); // one offer is enough
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(chat.store.state.outbox[0]).toMatchObject({ regenerates: 'm1' });
  });

  it('shows a second attempt in the X-ray', async () => {
    turnOf({ id: 'm1', text: 'hi', replies: [{ id: 'r1', parts: ['a', 'b'], end: 'complete', attempts: 2 }] });
    await userEvent.click(screen.getByRole('button', { name: /show the stages/ }));
    expect(screen.getByText(/Attempt 2: worker 2/)).toBeTruthy();
  });
});

describe('a message that is not confirmed', () => {
  it('says that it waits for the connection', () => {
    show(<UnconfirmedMessage entry={entry({ sends: 1 })} />);
    expect(screen.getByText('Goes out when the connection is back')).toBeTruthy();
    expect(screen.getByText('Waiting to be sent')).toBeTruthy();
  });

  it('says why it waits, without what the server says to programs, also at the top of the page', () => {
    const detail = 'The broker can’t take messages now; send it again under the same id.';
    const deferred = entry({ sends: 1, problem: { code: 'busy', detail } });
    const page = (
      <>
        <Banner />
        <UnconfirmedMessage entry={deferred} />
      </>
    );
    show(page, { type: 'connection', connection: { phase: 'open', since: 0 } }, welcome(false), {
      type: 'outbox.added',
      entry: deferred,
    });
    expect(screen.getAllByText(/The broker can’t take messages now. It is sent again by itself./)).toHaveLength(2);
    expect(screen.queryByText(/same id/)).toBeNull();
  });

  it('says that it is not confirmed when that takes long', () => {
    show(
      <UnconfirmedMessage entry={entry({ phase: 'sent', sends: 1, createdAt: Date.now() - 10_000 })} />,
      welcome(false),
    );
    expect(screen.getByText(/Not confirmed yet/)).toBeTruthy();
  });

  it('can be tried again, edited or discarded when it was refused', async () => {
    const refused = entry({ phase: 'failed', problem: { code: 'invalid_text', detail: 'It holds a NUL.' } });
    const { chat } = show(<UnconfirmedMessage entry={refused} />, { type: 'outbox.added', entry: refused });
    expect(screen.getByText(/Not sent. It holds a NUL./)).toBeTruthy();
    await userEvent.click(screen.getByRole('button', { name: 'Edit' }));
    expect(chat.store.state.drafts[CHAT]).toBe('said');
    expect(chat.store.state.outbox).toEqual([]);
  });

  it('is edited without the loss of what was typed meanwhile', async () => {
    const refused = entry({ phase: 'failed', problem: { code: 'invalid_text', detail: 'It holds a NUL.' } });
    const typed = { type: 'draft', id: CHAT, text: 'the next one' } as const;
    const { chat } = show(<UnconfirmedMessage entry={refused} />, { type: 'outbox.added', entry: refused }, typed);
    await userEvent.click(screen.getByRole('button', { name: 'Edit' }));
    expect(chat.store.state.drafts[CHAT]).toBe('said\n\nthe next one');
  });
});

describe('the composer', () => {
  const composer = (onSend = vi.fn(), openTurn: string | null = null, onStop = vi.fn()) => (
    <Composer draftKey={CHAT} field={createRef()} openTurn={openTurn} onSend={onSend} onStop={onStop} />
  );

  it('does not send on Enter while an input method composes', () => {
    const onSend = vi.fn();
    show(composer(onSend), { type: 'draft', id: CHAT, text: 'にほん' });
    const field = screen.getByRole('textbox', { name: 'Message' });
    fireEvent.keyDown(field, { key: 'Enter', isComposing: true });
    fireEvent.keyDown(field, { key: 'Enter', keyCode: 229 });
    expect(onSend).not.toHaveBeenCalled();
    fireEvent.keyDown(field, { key: 'Enter' });
    expect(onSend).toHaveBeenCalledWith('にほん', {});
  });

  it('does not send nothing', () => {
    const onSend = vi.fn();
    show(composer(onSend), { type: 'draft', id: CHAT, text: '  \n ' });
    fireEvent.keyDown(screen.getByRole('textbox', { name: 'Message' }), { key: 'Enter' });
    expect(onSend).not.toHaveBeenCalled();
  });

  it('offers Stop as long as a reply runs, also beside a text that waits to be sent', async () => {
    const [onSend, onStop] = [vi.fn(), vi.fn()];
    const { chat } = show(composer(onSend, 'm1', onStop));
    expect(screen.queryByRole('button', { name: 'Send' })).toBeNull();
    act(() => chat.store.dispatch({ type: 'draft', id: CHAT, text: 'and then' }));
    await userEvent.click(screen.getByRole('button', { name: 'Stop the reply' }));
    await userEvent.click(screen.getByRole('button', { name: 'Send' }));
    expect(onStop).toHaveBeenCalledTimes(1);
    expect(onSend).toHaveBeenCalledWith('and then', {});
  });

  it('clears the draft before it sends, so that no reload finds the text in both places', () => {
    const drafts: unknown[] = [];
    const { chat } = show(composer(vi.fn(() => drafts.push(chat.store.state.drafts[CHAT]))), {
      type: 'draft',
      id: CHAT,
      text: 'once',
    });
    fireEvent.keyDown(screen.getByRole('textbox', { name: 'Message' }), { key: 'Enter' });
    expect(drafts).toEqual([undefined]);
  });

  it('sends with the speed and the seed that were chosen', async () => {
    const onSend = vi.fn();
    show(composer(onSend), { type: 'draft', id: CHAT, text: 'hi' });
    await userEvent.click(screen.getByRole('button', { name: 'How the mock answers' }));
    await userEvent.selectOptions(screen.getByLabelText('Speed'), 'slow');
    fireEvent.change(screen.getByLabelText(/Seed/), { target: { value: '7' } });
    fireEvent.keyDown(screen.getByRole('textbox', { name: 'Message' }), { key: 'Enter' });
    expect(onSend).toHaveBeenCalledWith('hi', { profile: 'slow', seed: 7 });
  });

  it('takes a whole number of its range for a seed, and nothing else', async () => {
    const onSend = vi.fn();
    show(composer(onSend), { type: 'draft', id: CHAT, text: 'hi' });
    await userEvent.click(screen.getByRole('button', { name: 'How the mock answers' }));
    const seed = screen.getByRole('textbox', { name: 'Seed' }) as HTMLInputElement;
    for (const value of ['-1', '1.5', '1e3', '2147483648']) fireEvent.change(seed, { target: { value } });
    expect(seed.value).toBe('');
    fireEvent.change(seed, { target: { value: '2147483647' } });
    expect(seed.value).toBe('2147483647');
    fireEvent.keyDown(screen.getByRole('textbox', { name: 'Message' }), { key: 'Enter' });
    expect(onSend).toHaveBeenCalledWith('hi', { seed: 2147483647 });
  });
});

describe('the connection banner', () => {
  it('shows nothing for a short interruption', () => {
    show(<Banner />, {
      type: 'connection',
      connection: { phase: 'waiting', attempt: 1, since: Date.now(), retryAt: Date.now() + 500, reason: 'x' },
    });
    expect(screen.queryByRole('button')).toBeNull();
  });

  it('shows a countdown and a retry button when it lasts', () => {
    const since = Date.now() - 9_000;
    show(<Banner />, {
      type: 'connection',
      connection: {
        phase: 'waiting',
        attempt: 4,
        since,
        retryAt: Date.now() + 4_000,
        reason: 'The connection was lost.',
      },
    });
    expect(screen.getByText(/The connection was lost. Next try in [45] s./)).toBeTruthy();
    expect(screen.getByRole('button', { name: 'Retry now' })).toBeTruthy();
  });
});

describe('screen reader announcements', () => {
  it('is the finished reply of the open conversation, never its parts', () => {
    const log = logOf([
      { id: 'm1', text: 'hi', replies: [{ id: 'r1', parts: ['one ', 'two'], end: 'complete', attempts: 1 }] },
    ]);
    const { chat } = show(
      <Announcer />,
      { type: 'opened', id: CHAT },
      welcome(false),
      ...log.slice(0, 4).map(eventAction),
    );
    expect(screen.getByTestId('announcer').textContent).toBe('');
    chat.store.dispatch(...log.slice(4).map(eventAction));
    return waitFor(() => expect(screen.getByTestId('announcer').textContent).toBe('one two'));
  });
});

describe('the list of conversations', () => {
  it('puts pinned ones first and hides what is being deleted', () => {
    const item = (id: string, day: string) => ({
      id,
      title: `talk ${id}`,
      created_at: day,
      updated_at: day,
      messages: 1,
      preview: '',
    });
    const items = [
      item('a', new Date().toISOString()),
      item('b', '2020-01-01T00:00:00.000Z'),
      item('c', '2020-01-02T00:00:00.000Z'),
    ];
    show(
      <ConversationList />,
      { type: 'list.loaded', page: { items, next: null }, older: false },
      { type: 'pinned', id: 'b', on: true },
      { type: 'deleting', id: 'c', on: true },
    );
    expect(screen.getAllByRole('link').map((link) => link.title)).toEqual(['talk b', 'talk a']);
    expect(screen.getByRole('region', { name: 'Pinned' })).toBeTruthy();
  });
});

describe('text that is not ours', () => {
  it('loses the signs of Markdown in a hit of a reply, and none in what a person wrote', () => {
    const hit = {
      conversation_id: CHAT,
      title: 'A talk',
      message_id: 'm1',
      id: 'r1',
      created_at: '2026-01-01T00:00:00Z',
    };
    const snippet = '## Ways **<mark>one</mark>** `two` |---|:--| [three](https://example.org) 2 ** 3';
    expect(snippetOf({ ...hit, role: 'assistant', snippet })).toBe('Ways <mark>one</mark> two · three 2 ** 3');
    const table = '| Left | *<mark>Centre</mark>* | | :--- | :---: | | ~~a~~ | a \\| _bar_. | | 2*3 *cut o…';
    expect(snippetOf({ ...hit, role: 'assistant', snippet: table })).toBe(
      'Left · <mark>Centre</mark> · a · a | bar. · 2*3 cut o…',
    );
    expect(snippetOf({ ...hit, role: 'user', snippet })).toBe(snippet);
  });

  it('tells the time of what was said today, and the day of what was said before', () => {
    const now = new Date(2026, 10, 21, 14, 3);
    expect(dayOrTime(new Date(2026, 10, 21, 9, 7).toISOString(), now)).toMatch(/0?9.07/);
    expect(dayOrTime(new Date(2026, 10, 20, 9, 7).toISOString(), now)).toMatch(/20/);
  });

  it('is only text in a search hit, but for the marks', () => {
    expect(piecesOf('a <mark>b</mark> <img src=x>')).toEqual([
      { text: 'a ', marked: false },
      { text: 'b', marked: true },
      { text: ' <img src=x>', marked: false },
    ]);
    const { container } = show(<Snippet text={'<mark><script>x</script></mark>'} />);
    expect(container.querySelector('script')).toBeNull();
    expect(container.querySelector('mark')?.textContent).toBe('<script>x</script>');
  });

  it('is inert in a reply: no markup, no scripts, no foreign pictures, no strange links', async () => {
    const hostile = [
      '<script>alert(1)</script><img src=x onerror=alert(2)>',
      '',
      '[a](javascript:alert(3)) [b](data:text/html,x) [c](vbscript:x) [d](https://example.org "t")',
      '',
      '![spy](https://example.org/beacon.png)',
      '',
      '<a href="javascript:alert(4)">e</a> <iframe src="https://example.org"></iframe>',
    ].join('\n');
    const { container } = show(<Markdown text={hostile} />);
    await waitFor(() => expect(container.querySelector('a')).toBeTruthy(), { timeout: 10_000 }); // the renderer loads first
    expect(container.querySelectorAll('script, img, iframe, style, object, svg:not(.icon)')).toHaveLength(0);
    const links = [...container.querySelectorAll('a')].map((link) => [link.getAttribute('href'), link.rel]);
    expect(links).toEqual([['https://example.org', 'noopener noreferrer nofollow']]);
    expect(container.textContent).toContain('picture: spy');
    for (const element of container.querySelectorAll('*')) {
      for (const name of element.getAttributeNames()) expect(name).not.toMatch(/^on/);
    }
  });
});
