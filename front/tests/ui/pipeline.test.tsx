// @vitest-environment happy-dom
/** The pipeline diagram: known numbers, and links to the broker's management page. */
import { act, cleanup, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, it, vi } from 'vitest';
import { Laboratory } from '../../src/lab/Laboratory';
import type { Pipeline, PipelineBroker } from '../../src/protocol/http';
import { ApiError } from '../../src/transport/api';
import { PipelineStatus } from '../../src/ui/PipelineStatus';
import { Diagram } from '../../src/ui/pipeline/Diagram';
import { Slots } from '../../src/ui/pipeline/Slots';
import { navigate } from '../../src/ui/view';
import { CHAT, welcome } from '../chat/events';
import { show } from './setup';

afterEach(cleanup);

function snapshotOf(broker: Partial<PipelineBroker>): Pipeline {
  const unknown = { unacked: null, consumers: null };
  return {
    broker: {
      kind: 'rabbitmq',
      up: true,
      management_url: null,
      vhost: '/',
      queues: [{ ...unknown, name: 'chat_queue', depth: 7 }],
      ...broker,
    },
    relay: { live: true, position: 12, lag_ms: null },
    recorder: { active: true, stored_position: null, pending: 0 },
    store: { up: true },
    sockets: 1,
    open_turns: 0,
    waiting_turns: 0,
    responders: [],
    rates: { messages_per_s: null, events_per_s: null, deltas_per_s: null, ends_per_s: null },
    lab: false,
  };
}

it.each([
  ['http://rabbit:15672', '/', 'http://rabbit:15672/#/queues/%2F/chat_queue'],
  ['https://rabbit.example/admin/', 'a/b c', 'https://rabbit.example/admin/#/queues/a%2Fb%20c/chat_queue'],
])('leads to the queue at %s in the virtual host %s', (management_url, vhost, address) => {
  show(<Diagram snapshot={snapshotOf({ management_url, vhost })} />);
  expect(screen.getByRole('link', { name: 'chat_queue' }).getAttribute('href')).toBe(address);
});

it('leads nowhere when no management page is configured, and shows no number that nobody knows', () => {
  show(<Diagram snapshot={snapshotOf({})} />);
  expect(screen.queryByRole('link')).toBeNull();
  expect(screen.getAllByText('waiting')[0]?.nextSibling?.textContent).toBe('7');
  expect(screen.queryByText('unacked')).toBeNull();
});

it('says of how many places a row shows a part', () => {
  show(<Slots taken={[true, false]} places={256} max={12} name="in work at r1" />);
  const slots = screen.getByRole('img', { name: '2 of at most 256 in work at r1, 1 of them yours' });
  expect(slots.textContent).toBe('2 of 256');
  expect(slots.querySelectorAll('.slot')).toHaveLength(12);
});

it('shows where a message is, and nothing when none is in flight', () => {
  navigate({ name: 'chat', id: CHAT });
  const { chat, container } = show(
    <PipelineStatus />,
    { type: 'connection', connection: { phase: 'open', since: 0 } },
    welcome(false),
  );
  const lit = () => [...container.querySelectorAll('circle')].map((one) => one.getAttribute('class'));
  expect(lit()).toEqual(['node', 'node', 'node', 'node']);
  expect(screen.getByRole('button').title).toBe('Nothing is on its way');
  const entry = { id: 'm1', conversation_id: CHAT, text: 'hi', createdAt: 0, phase: 'sent', sends: 1 } as const;
  act(() => chat.store.dispatch({ type: 'outbox.added', entry }));
  expect(lit()).toEqual(['node client', 'node', 'node', 'node']);
});

it('says that the numbers are for operators where they are, and shows them once it has the token', async () => {
  vi.stubGlobal('matchMedia', () => ({ matches: false }));
  const { chat } = show(<Laboratory />);
  const refused = new ApiError(401, 'unauthorized', 'This is for operators.');
  const numbers = vi.spyOn(chat.api, 'pipeline').mockRejectedValue(refused);
  const open = vi.spyOn(chat.api, 'openOperator').mockRejectedValueOnce(refused).mockResolvedValue();
  act(() => chat.store.dispatch(welcome(false)));
  await screen.findByText(/to operators alone/);

  await userEvent.type(screen.getByLabelText('Operator’s token'), ' secret ');
  await userEvent.click(screen.getByRole('button', { name: 'Show the numbers' }));
  expect((await screen.findByRole('alert')).textContent).toBe('This server does not take this token.');

  numbers.mockResolvedValue(snapshotOf({}));
  await userEvent.click(screen.getByRole('button', { name: 'Show the numbers' }));
  expect((await screen.findByText(/RabbitMQ carries it all/)).textContent).toBeTruthy();
  expect(open).toHaveBeenLastCalledWith('secret');
  expect(screen.queryByLabelText('Operator’s token')).toBeNull();
});
