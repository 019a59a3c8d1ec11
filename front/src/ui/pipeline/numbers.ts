/** The numbers on each box of the picture. Null is unknown. */
import { queueOf, type Snapshot } from './snapshot';

export type BoxName =
  | 'Sockets'
  | 'Exchange'
  | 'chat_queue'
  | 'Responders'
  | 'chat_responses'
  | 'Relay'
  | 'Hub'
  | 'Recorder'
  | 'Postgres'
  | 'chat_dead_letters';

/** What it counts, how many, and the unit where it is no count. */
export type BoxNumber = readonly [string, number | null | undefined, unit?: string];

type NumbersOf = (snapshot: Snapshot) => readonly BoxNumber[];

const NUMBERS: Readonly<Record<BoxName, NumbersOf>> = {
  Sockets: (snapshot) => [['open', snapshot?.sockets]],
  Exchange: (snapshot) => [['messages/s', snapshot?.rates?.messages_per_s]],
  chat_queue: (snapshot) => [
    ['waiting', queueOf(snapshot, 'chat_queue')?.depth],
    ['unacked', queueOf(snapshot, 'chat_queue')?.unacked],
  ],
  Responders: (snapshot) => [
    ['consumers', queueOf(snapshot, 'chat_queue')?.consumers ?? snapshot?.responders?.length],
    ['at work', snapshot?.responders?.reduce((sum, one) => sum + one.open, 0)],
  ],
  chat_responses: (snapshot) => [
    ['records', queueOf(snapshot, 'chat_responses')?.depth],
    ['events/s', snapshot?.rates?.events_per_s],
  ],
  Relay: (snapshot) => [
    ['offset', snapshot?.relay?.position],
    ['lag', snapshot?.relay?.lag_ms, 'ms'],
  ],
  Hub: (snapshot) => [['parts/s', snapshot?.rates?.deltas_per_s]],
  Recorder: (snapshot) => [['not stored yet', snapshot?.recorder?.pending]],
  Postgres: (snapshot) => [['offset', snapshot?.recorder?.stored_position]],
  chat_dead_letters: (snapshot) => [['parked', queueOf(snapshot, 'chat_dead_letters')?.depth]],
};

export function numbersOf(name: BoxName, snapshot: Snapshot): readonly BoxNumber[] {
  return NUMBERS[name](snapshot);
}
