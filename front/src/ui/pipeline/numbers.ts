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

export type BoxNumber = readonly [string, number | null | undefined];

export function numbersOf(name: BoxName, snapshot: Snapshot): readonly BoxNumber[] {
  const queue = queueOf(snapshot, 'chat_queue');
  switch (name) {
    case 'Sockets':
      return [
        ['open', snapshot?.sockets],
        ['messages/s', snapshot?.rates?.messages_per_s],
      ];
    case 'chat_queue':
      return [
        ['waiting', queue?.depth],
        ['unacked', queue?.unacked],
      ];
    case 'Responders':
      return [
        ['consumers', queue?.consumers ?? snapshot?.responders?.length],
        ['at work', snapshot?.responders?.reduce((sum, one) => sum + one.open, 0)],
      ];
    case 'chat_responses':
      return [
        ['records', queueOf(snapshot, 'chat_responses')?.depth],
        ['events/s', snapshot?.rates?.events_per_s],
      ];
    case 'Relay':
      return [
        ['read to', snapshot?.relay?.position],
        ['lag ms', snapshot?.relay?.lag_ms],
        ['parts/s', snapshot?.rates?.deltas_per_s],
      ];
    case 'Recorder':
      return [['pending', snapshot?.recorder?.pending]];
    case 'Postgres':
      return [['stored to', snapshot?.recorder?.stored_position]];
    case 'chat_dead_letters':
      return [['parked', queueOf(snapshot, 'chat_dead_letters')?.depth]];
    default:
      return [];
  }
}
