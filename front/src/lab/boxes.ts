/** What stands behind each box of the picture: what it is, its promise, the file that keeps it, and the test that guards it. Data only. */
import type { BoxName } from '../ui/pipeline/numbers';

/** Where a box's latest records are: among this tab's frames, in the log (of some types), or in the dead letters. */
export type RecordSource =
  | { from: 'frames'; way: 'sent' | 'received' }
  | { from: 'log'; type?: string }
  | { from: 'dead letters' };

export interface Box {
  /** What it is, for somebody who has never seen one. */
  about: string;
  promise: string;
  source: string;
  /** As pytest names it: the file and the function. */
  test: string;
  records: RecordSource;
  /** What these records are of it. */
  what: string;
}

const PIPELINE = 'backend/myna/pipeline';

export const BOXES: Readonly<Record<BoxName, Box>> = {
  Sockets: {
    about:
      'A websocket is a connection that stays open, so that the server can write first. Each tab has one, to any of the nodes; none of them keeps anything that only it knows.',
    promise: 'Whoever comes back gets exactly what was missed, in order, none twice; or is told to read anew.',
    source: 'backend/myna/web/websocket/connection.py',
    test: 'tests/faults/test_socket_faults.py::test_a_socket_cut_100_times_resumes_on_the_other_node_each_time',
    records: { from: 'frames', way: 'sent' },
    what: 'What this tab sent.',
  },
  Exchange: {
    about:
      'An exchange keeps nothing. It puts what is published into each queue that asked for it: here the queue of work and the log. The publisher gets one confirm, when both have it.',
    promise: 'A message is in the queue and in the log, or in neither: both are fed by one publish with one confirm.',
    source: `${PIPELINE}/submissions.py`,
    test: 'tests/contract/test_broker.py::test_a_confirmed_message_is_in_the_work_queue_and_in_the_log',
    records: { from: 'log', type: 'message.created' },
    what: 'The messages that went through it, as the log has them.',
  },
  chat_queue: {
    about:
      'A queue hands each job to one consumer. A job that was handed out is unacked: it is taken out of the queue when the consumer acks it, and goes back when the consumer is lost. Both numbers are the broker’s own, of deliveries; what arrives in the same instant shares one.',
    promise: 'What was accepted is given to one responder at a time, and again if that one is lost.',
    source: 'backend/myna/protocol/topology.py',
    test: 'tests/faults/test_broker_faults.py::test_a_broker_killed_again_and_again_under_load_loses_nothing',
    records: { from: 'log', type: 'message.created,reply.requested' },
    what: 'The jobs that went through it, as the log has them: one publish feeds both.',
  },
  Responders: {
    about:
      'A responder takes jobs from the queue and writes the reply, part by part, into the log. Prefetch is how many unacked deliveries it may have at a time; the rest waits in the queue, for whoever has room.',
    promise: 'The delivery is acked only after the last event of its reply is confirmed, so a crash loses nothing.',
    source: `${PIPELINE}/responder.py`,
    test: 'tests/faults/test_responder_faults.py::test_killed_at_every_part_and_failpoint_another_goes_on_at_the_next_part',
    records: { from: 'log', type: 'reply.started,reply.completed,reply.failed' },
    what: 'What they wrote into the log, without the parts.',
  },
  chat_responses: {
    about:
      'A log, in RabbitMQ a stream: what is written stays, and reading takes nothing out. The place of a record is its offset. A reader remembers the offset that it has read to, its cursor, and goes on behind it after whatever happened.',
    promise: 'Every record stays in order, for every reader, each at its own place.',
    source: `${PIPELINE}/log_reader.py`,
    test: 'tests/contract/test_broker_log.py::test_all_readers_see_the_same_records_in_the_same_order',
    records: { from: 'log' },
    what: 'The end of it.',
  },
  Relay: {
    about:
      'Every node reads the whole log, once, for all of its sockets, and folds it: from the records follows what each conversation looks like. So any node can serve anybody.',
    promise: 'Every node folds the whole log, and two nodes that have read equally far know the same.',
    source: 'backend/myna/core/projection.py',
    test: 'tests/simulation/test_simulation.py::test_no_run_breaks_an_invariant',
    records: { from: 'log' },
    what: 'What it read last.',
  },
  Hub: {
    about:
      'It knows which sockets of this node belong to whom, and gives each event to those of its owner. A socket that is too slow is closed, and comes back with its cursor.',
    promise: 'An event goes to the sockets of its owner, and to nobody else’s.',
    source: 'backend/myna/core/hub.py',
    test: 'tests/unit/core/test_hub.py::test_every_socket_of_an_owner_gets_every_frame_in_order_and_nobody_else_does',
    records: { from: 'frames', way: 'received' },
    what: 'What this tab got.',
  },
  Recorder: {
    about:
      'It gathers what the relay has read and writes it to Postgres, many at a time. Of all nodes one holds the lock to write; if it is lost another one takes over.',
    promise: 'One node writes at a time, and nobody waits for it: reading and chatting go on without the database.',
    source: `${PIPELINE}/recorder.py`,
    test: 'tests/faults/test_postgres_faults.py::test_with_postgres_down_for_20_s_chat_goes_on_and_is_stored_afterwards',
    records: { from: 'log', type: 'message.created,reply.completed,reply.failed' },
    what: 'What is to be stored, as the log has it.',
  },
  Postgres: {
    about:
      'The database has the conversations for later: history, search, export. Nothing on the way of a message asks it, so it may be away.',
    promise: 'Rows and the log position they go up to are written in one transaction: none twice, none missing.',
    source: 'backend/myna/store/postgres/writing.py',
    test: 'tests/contract/test_store.py::test_storing_a_batch_twice_changes_nothing',
    records: { from: 'log', type: 'message.created,reply.completed,reply.failed,conversation.deleted' },
    what: 'What became rows, as the log has it.',
  },
  chat_dead_letters: {
    about:
      'A dead letter is a job that was tried too often, or that nobody can read. It is parked here, out of everybody’s way, until somebody looks at it: see “Dead letters”.',
    promise: 'What could not be answered is kept as it came, and whoever waited is told.',
    source: 'backend/myna/broker/port.py',
    test: 'tests/contract/test_broker_dead_letters.py::test_a_rejected_delivery_becomes_a_dead_letter_as_it_came_and_the_log_gets_a_copy',
    records: { from: 'dead letters' },
    what: 'What is parked.',
  },
};
