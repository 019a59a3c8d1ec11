/** Traces: kept within bounds, saved and read back, one turn of them, and the state at any moment. */

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { FrameRecorder, type TraceEntry } from '../../src/chat/recording';
import { turnsOf } from '../../src/chat/selectors';
import { INITIAL } from '../../src/chat/state';
import { isGreen, ledgerOf } from '../../src/lab/ledger';
import { openTurnsOf, snapshotOf } from '../../src/lab/moment';
import { countAt, folded, Playback, timesOf } from '../../src/lab/playback';
import { parseTrace, traceText, turnIn } from '../../src/lab/trace';
import { CHAT } from '../chat/events';
import { got, isGot, recordingOf, WELCOME } from './traces';

const whole = recordingOf();
const trace = { name: 'a test', entries: whole, dropped: 0 };

it('keeps a bounded number of frames, and says how many it dropped', () => {
  const recorder = new FrameRecorder();
  for (let at = 0; at < 45_000; at += 1) recorder.add({ at, lost: true });
  expect(recorder.entries.length).toBeLessThanOrEqual(20_000);
  expect(recorder.entries.length + recorder.dropped).toBe(45_000);
  expect(recorder.entries.at(-1)?.at).toBe(44_999);
});

it('keeps a bounded number of bytes', () => {
  const recorder = new FrameRecorder();
  const text = 'x'.repeat(500_000);
  for (let at = 0; at < 30; at += 1)
    recorder.add({ at, sent: { type: 'message.send', id: `${at}`, conversation_id: CHAT, text } });
  expect(recorder.entries.length).toBeLessThan(10);
  expect(recorder.has('29')).toBe(true);
  expect(recorder.has('0')).toBe(false);
});

it('reads back what it wrote', () => {
  expect(parseTrace(traceText(trace, new Date(0)), 'a test')).toEqual(trace);
});

it.each([
  ['{', 'not JSON'],
  ['null', 'schema'],
  ['{"schema": "myna.conversation/1"}', 'schema'],
  ['{"schema": "myna.trace/1", "entries": []}', 'no entries'],
  ['{"schema": "myna.trace/1", "entries": [{"at": 1, "received": {"type": "reply.delta"}}]}', 'Entry 1'],
  ['{"schema": "myna.trace/1", "entries": [{"at": 1, "lost": true}, {"at": "2", "lost": true}]}', 'Entry 2'],
  ['{"schema": "myna.trace/1", "entries": [{"at": 1, "sent": null}]}', 'Entry 1'],
])('says what is wrong with %s', (text, why) => {
  expect(() => parseTrace(text, 'a file')).toThrow(why);
});

it('finds one turn among others, with the connection that was lost in it', () => {
  const cut = whole.findIndex(isGot('reply.delta', { reply_id: 'r2' }));
  const broken: TraceEntry[] = [
    ...whole.slice(0, cut),
    { at: 1, lost: true },
    got({ ...WELCOME, resumed: true }),
    ...whole.slice(cut),
  ];
  const turn = turnIn(broken, 'm2');
  expect(turn[0]).toHaveProperty('sent.id', 'm2');
  expect(turn.at(-1)).toHaveProperty('received.type', 'reply.completed');
  expect(turn.filter((entry) => 'lost' in entry)).toHaveLength(1);
  expect(turn.some(isGot('reply.delta', { reply_id: 'r1' }))).toBe(false);
  expect(turnIn(broken, 'nobody')).toEqual([]);
});

it('shows any moment as folding up to it does, in whatever order the moments are visited', () => {
  const long = Array.from({ length: 60 }, (_, at) => at).flatMap((at) =>
    recordingOf([
      {
        id: `m${at}`,
        text: 'again',
        replies: [{ id: `r${at}`, parts: ['a', 'b', 'c', 'd'], end: 'complete', attempts: 1 }],
      },
    ]),
  );
  const playback = new Playback(long);
  const moments = [long.length, 3, 300, 299, 0, 301, 256, 255, long.length - 1];
  for (const count of moments) expect(playback.at(count)).toEqual(long.slice(0, count).reduce(folded, INITIAL));
});

it('shows the reply as far as it had come', () => {
  const playback = new Playback(whole);
  const second = whole.findIndex(isGot('reply.delta', { reply_id: 'r1', index: 1 }));
  expect(turnsOf(playback.at(second + 1), CHAT)[0]?.replies[0]?.text).toBe('a b ');
  expect(openTurnsOf(playback.at(second + 1))).toMatchObject([
    { stage: 'streaming', parts: 2, attempt: 1, mine: true },
  ]);
  const accepted = whole.findIndex(isGot('message.created')) + 1;
  expect(openTurnsOf(playback.at(accepted))).toMatchObject([{ stage: 'waiting' }]);
  expect(
    snapshotOf(playback.at(accepted), openTurnsOf(playback.at(accepted)), accepted)?.broker.queues[0],
  ).toMatchObject({ depth: 1, unacked: 0 });
  expect(openTurnsOf(playback.at(whole.length))).toEqual([]);
});

it('plays at the pace of the recording, without its long pauses', () => {
  const times = timesOf([
    { at: 0, lost: true },
    { at: 100, lost: true },
    { at: 60_000, lost: true },
  ]);
  expect(times).toEqual([0, 100, 2_100]);
  expect([0, 99, 100, 2_099, 2_100].map((ms) => countAt(times, ms))).toEqual([1, 1, 2, 2, 3]);
});

it('ships an example in which a second responder goes on, and every promise is kept', () => {
  const text = readFileSync(resolve(import.meta.dirname, '../../src/lab/example-trace.json'), 'utf8');
  const { entries } = parseTrace(text, 'the example');
  expect(isGreen(ledgerOf(entries).counts())).toBe(true);
  const workers = entries.flatMap((entry) =>
    'received' in entry && entry.received.type === 'reply.started' ? [entry.received.worker] : [],
  );
  expect(new Set(workers).size).toBe(2);
});
