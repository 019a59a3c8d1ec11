/** The sentences below the title: what is shown, and how the pipeline is. */
import type { Snapshot } from '../ui/pipeline/snapshot';

const CLOSED = 'This server shows its numbers to operators alone. Dots are your own messages, moving when they move.';
export const REWOUND =
  'What this tab had got at that moment, folded from its frames by the page’s own reducer. Nothing is sent.';
const ROUTE = 'Each message is published once, into two places: a queue of work, and a log that everybody reads.';

function description(snapshot: Snapshot): string {
  if (!snapshot) return 'Asking the backend.';
  if (snapshot.broker?.up === false)
    return `${snapshot.store?.up === false ? 'The broker and the database are' : 'The broker is'} away. What you say waits here, and goes out when the broker is back.`;
  if (snapshot.store?.up === false)
    return 'The database is away: people still chat, and it catches up when it is back.';
  return snapshot.broker?.kind === 'embedded'
    ? `${ROUTE} Embedded mode: RabbitMQ’s rules in one process.`
    : `${ROUTE} RabbitMQ carries it all.`;
}

function unreachable(snapshot: Snapshot, problem: string): string {
  const numbers = snapshot ? ' The numbers are old.' : '';
  return `The backend does not answer, so nothing is known of the pipeline now. ${problem}${numbers}`;
}

/** `problem`: why the backend does not answer. `closed`: it shows its numbers to operators alone. */
export function leadOf(snapshot: Snapshot, problem: string | null, closed: boolean): string {
  if (closed) return CLOSED;
  return problem ? unreachable(snapshot, problem) : description(snapshot);
}
