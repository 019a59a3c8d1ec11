/** What stands behind each box of the picture: its promise, the file that keeps it, and the test that guards it. Data only. */
import type { BoxName } from '../ui/pipeline/numbers';

/** Where a box's latest records are: among this tab's frames, in the log (of some types), or in the dead letters. */
export type RecordSource =
  | { from: 'frames'; way: 'sent' | 'received' }
  | { from: 'log'; type?: string }
  | { from: 'dead letters' };

export interface Box {
  promise: string;
  source: string;
  test: string;
  records: RecordSource;
}

const PIPELINE = 'backend/myna/pipeline';

export const BOXES: Readonly<Record<BoxName, Box>> = {
  Sockets: {
    promise: 'Whoever comes back gets exactly what was missed, in order, none twice; or is told to read anew.',
    source: 'backend/myna/web/websocket/connection.py',
    test: 'tests/faults/test_socket_faults.py',
    records: { from: 'frames', way: 'sent' },
  },
  Exchange: {
    promise: 'A message is in the queue and in the log, or in neither: both are fed by one publish with one confirm.',
    source: `${PIPELINE}/submissions.py`,
    test: 'tests/contract/test_broker.py',
    records: { from: 'log', type: 'message.created' },
  },
  chat_queue: {
    promise: 'What was accepted is given to one responder at a time, and again if that one is lost.',
    source: 'backend/myna/protocol/topology.py',
    test: 'tests/faults/test_broker_faults.py',
    records: { from: 'log', type: 'message.created,reply.requested' },
  },
  Responders: {
    promise: 'The delivery is acked only after the last event of its reply is confirmed, so a crash loses nothing.',
    source: `${PIPELINE}/responder.py`,
    test: 'tests/faults/test_responder_faults.py',
    records: { from: 'log', type: 'reply.started,reply.completed,reply.failed' },
  },
  chat_responses: {
    promise: 'Every record stays in order, for every reader, each at its own place.',
    source: `${PIPELINE}/log_reader.py`,
    test: 'tests/contract/test_broker_log.py',
    records: { from: 'log' },
  },
  Relay: {
    promise: 'Every node folds the whole log, and two nodes that have read equally far know the same.',
    source: 'backend/myna/core/projection.py',
    test: 'tests/simulation/test_simulation.py',
    records: { from: 'log' },
  },
  Hub: {
    promise: 'An event goes to the sockets of its owner, and to nobody else’s.',
    source: 'backend/myna/core/hub.py',
    test: 'tests/unit/core/test_hub.py',
    records: { from: 'frames', way: 'received' },
  },
  Recorder: {
    promise: 'One node writes at a time, and nobody waits for it: reading and chatting go on without the database.',
    source: `${PIPELINE}/recorder.py`,
    test: 'tests/faults/test_postgres_faults.py',
    records: { from: 'log', type: 'message.created,reply.completed,reply.failed' },
  },
  Postgres: {
    promise: 'Rows and the log position they go up to are written in one transaction: none twice, none missing.',
    source: 'backend/myna/store/postgres/writing.py',
    test: 'tests/contract/test_store.py',
    records: { from: 'log', type: 'message.created,reply.completed,reply.failed,conversation.deleted' },
  },
  chat_dead_letters: {
    promise: 'What could not be answered is kept as it came, and whoever waited is told.',
    source: 'backend/myna/broker/port.py',
    test: 'tests/contract/test_broker_dead_letters.py',
    records: { from: 'dead letters' },
  },
};
