/** Guided experiments: a question to predict, what is done, what to look for in the frames, and why it is so. */
import type { ServerFrame } from '../protocol/wire';
import { duration } from '../ui/format';
import type { Experiment } from './experiment';
import { answered, begun, framesOf, killed, longestGap, mostOpen, outcomeOf, timeBetween } from './experiment-frames';

const MANY = 10; // messages at once

export const EXPERIMENTS: readonly Experiment[] = [
  {
    name: 'One publish, two places',
    question: 'There is no responder at all, and you send a message. What comes back?',
    choices: ['An error', 'Nothing, until there is a responder', 'Your message at once, and the reply later'],
    right: 2,
    needs: [],
    watch: 'Your message is in both: a slot in chat_queue, and a mark on the log.',
    async run({ send, responders, before, until, pause }) {
      await responders({ count: 0 });
      let message: string;
      try {
        message = send('/words 20', 'fast');
        await until((entries) => (framesOf(entries, message).length > 0 ? true : null));
        await pause(2_000); // to look at it
      } finally {
        await responders({ count: Math.max(1, before.count) });
      }
      const entries = await until((all) => (answered(all, message) ? all : null));
      const timeOf = (type: ServerFrame['type']) => timeBetween(entries, message, type);
      return `It was back from the log after ${timeOf('message.created')}, and stayed in the queue until there was a responder: its reply was whole after ${timeOf('reply.completed')}.`;
    },
    why: [
      'This page publishes nothing itself: its node does, once, to an exchange, which puts a copy into each of two places.',
      'chat_queue is a list of work: a message is in it until it has been done, and then it is gone.',
      'chat_responses is a log: nothing is taken out, and each reader has a place of its own in it, the cursor.',
      'So your message came back by the log at once, while its copy in the queue had been touched by nobody.',
      'The responder that came took it from the queue, and wrote its reply into the log behind your message.',
      'Why not publish twice? A crash between the two would leave a message in one place only.',
      'One publish has one confirm: the message is in both places, or it was never accepted.',
    ],
    source: 'backend/myna/pipeline/submissions.py',
    test: 'tests/contract/test_broker.py::test_a_confirmed_message_is_in_the_work_queue_and_in_the_log',
  },
  {
    name: 'Kill it in the middle of a word',
    question: 'The responder is killed right after part 7 of a reply. Where does the reply go on?',
    choices: ['At the beginning, by another responder', 'At part 8, by another responder', 'Nowhere: it is lost'],
    right: 1,
    needs: ['end_responder'],
    watch: 'Your slot: it goes back to chat_queue, until a new responder takes it two seconds later.',
    async run({ send, fault, until }) {
      await fault('end_responder', { after_part: 7 });
      const message = send('/words 60', 'normal');
      return killed(await until((entries) => answered(entries, message)));
    },
    why: [
      'The responder acks the delivery only after the last event of its reply is confirmed by the log.',
      'It was killed before, so the broker still has the delivery, and gives it to another responder.',
      'That one first asks the log how far the reply got: up to part 7.',
      'The mock says the same words for the same seed, so it goes on with part 8 (index 7: they count from 0).',
      'It is a new attempt of the same reply: reply.started comes again, with attempt 2.',
      'Had the first one published part 8 unseen, both would be in the log.',
      'Whoever folds the log takes each part by its index once, so the text would still be right.',
    ],
    source: 'backend/myna/pipeline/reply_progress.py',
    test: 'tests/faults/test_responder_faults.py::test_killed_at_every_part_and_failpoint_another_goes_on_at_the_next_part',
  },
  {
    name: 'Lose the connection',
    question: 'Your socket breaks in the middle of a reply. What do you get when you are back?',
    choices: ['The whole reply again', 'Exactly what you missed', 'What comes from then on'],
    right: 1,
    needs: ['cut_socket'],
    watch: 'The place of this tab on the band of the log: it stands still, and then catches up.',
    async run({ send, fault, until }) {
      const message = send('/words 200', 'normal');
      await until(begun(message, 5));
      await fault('cut_socket');
      const frames = await until((entries) => answered(entries, message));
      return until((entries) => {
        const back = entries.findLast((entry) => 'received' in entry && entry.received.type === 'welcome');
        const lost = entries.findLast((entry) => 'lost' in entry);
        if (!back || !lost || !('received' in back) || back.received.type !== 'welcome') return null;
        const parts = frames.filter((frame) => frame.type === 'reply.delta').length;
        const how = back.received.resumed ? 'resumed' : 'began anew';
        return `You were away for ${duration(back.at - lost.at)} and ${how}: ${parts} parts in all, none missing, none twice.`;
      });
    },
    why: [
      'Every event carries a cursor: its place in the log, tied to you.',
      'When the socket is back, this page says the last cursor it saw.',
      'The node sends what you missed from its memory of the log, and then what is live.',
      'Nothing is kept for you meanwhile, and nobody waits: the log is there anyway.',
      'A cursor from another life of the log can’t be resumed; then the page reads its state by HTTP.',
    ],
    source: 'backend/myna/core/window.py',
    test: 'tests/faults/test_socket_faults.py::test_a_socket_cut_100_times_resumes_on_the_other_node_each_time',
  },
  {
    name: 'Stand still',
    question: 'A responder stands still for three seconds with your message in hand. Who answers it?',
    choices: ['Another responder, at once', 'The same one, later', 'Nobody'],
    right: 1,
    needs: ['pause_responder'],
    watch: 'Your slot stays at the responder: the delivery is unacked, and nobody else is given it.',
    async run({ send, fault, until }) {
      const message = send('/words 200', 'normal');
      await until(begun(message, 1));
      await fault('pause_responder', { seconds: 3 });
      const frames = await until((entries) => answered(entries, message));
      const attempts = frames.filter((frame) => frame.type === 'reply.started').length;
      const gap = await until((entries) => longestGap(entries, message));
      return `${duration(gap)} without a part, and then on: ${attempts === 1 ? 'one attempt, by the same responder' : `${attempts} attempts`}.`;
    },
    why: [
      'To the broker a slow consumer and one that stands still look the same.',
      'It gives a delivery to somebody else only when the consumer’s connection or channel is lost.',
      'So a pause costs time and nothing else, and no work is done twice.',
      'A responder that never comes back loses its heartbeat, and with it the connection.',
      'For a turn that nobody works on any more a watchdog ends the wait.',
    ],
    source: 'backend/myna/pipeline/watchdog.py',
    test: 'tests/unit/pipeline/test_watchdog.py::test_a_reply_without_events_ends_after_a_bounded_time',
  },
  {
    name: 'Publish it twice',
    question: 'A publisher misses the confirm, and publishes your message again. How many replies do you get?',
    choices: ['One', 'Two', 'None'],
    right: 0,
    needs: ['publish_twice'],
    watch: 'The ledger: doubled stays at 0.',
    async run({ send, fault, until, pause }) {
      const message = send('/words 20', 'fast');
      await until((entries) => answered(entries, message));
      await fault('publish_twice');
      await pause(1_500); // as long as a second reply would take to begin
      return until((entries) => {
        const frames = framesOf(entries, message);
        const replies = new Set(frames.flatMap((frame) => ('reply_id' in frame ? [frame.reply_id] : [])));
        const created = frames.filter((frame) => frame.type === 'message.created').length;
        return `The message came ${created === 1 ? 'once' : `${created} times`}, with ${replies.size === 1 ? 'one reply' : `${replies.size} replies`}.`;
      });
    },
    why: [
      'A publisher that misses a confirm can’t know whether the message arrived: it has to repeat it.',
      'So everything behind it must take the same message twice for one.',
      'The id of the message is an idempotency key; the reply’s id follows from it.',
      'The second job finds a reply with that id which has ended, and is acked without an answer.',
      'The second record in the log is the same fact, and changes nothing for whoever folds it.',
    ],
    source: 'backend/myna/core/idempotency.py',
    test: 'tests/unit/pipeline/test_submissions.py::test_the_same_id_is_one_message_however_often_it_is_sent',
  },
  {
    name: 'One at a time',
    question: 'One responder with prefetch 1, and six messages. How many does it have in hand at a time?',
    choices: ['All six', 'One', 'As many as it likes'],
    right: 1,
    needs: [],
    watch: 'Your slots in chat_queue, and only one at the responder.',
    async run({ send, responders, before, until }) {
      await responders({ count: 1, prefetch: 1 });
      try {
        const messages: string[] = [];
        for (let sent = 0; sent < 6; sent += 1) {
          const message = send('/words 12', 'fast');
          messages.push(message);
          await until((entries) => (framesOf(entries, message).length > 0 ? true : null));
        }
        const most = await until((entries) =>
          messages.every((one) => answered(entries, one)) ? mostOpen(entries) : null,
        );
        return `All six are answered, and at most ${most} of them ${most === 1 ? 'was' : 'were'} in work at a time.`;
      } finally {
        await responders(before);
      }
    },
    why: [
      'Prefetch is how many unacked deliveries a consumer may have.',
      'With 1, the rest waits where it can be seen, counted and shared: in the queue.',
      'A second responder would take the next at once. With 32, the first might hold all six.',
      'Messages that arrive in the same instant travel as one delivery; these were sent one after the other.',
      'A mock that mostly waits can do 32 at a time; work that needs a whole processor can’t.',
      'So prefetch is the one number that says who waits where.',
    ],
    source: 'backend/myna/pipeline/responder.py',
    test: 'tests/contract/test_broker.py::test_prefetch_bounds_what_a_consumer_holds',
  },
  {
    name: 'Poison',
    question: 'A message crashes every responder that takes it. What becomes of it?',
    choices: ['It is tried for ever', 'It is dropped', 'It is set aside, and you are told'],
    right: 2,
    needs: ['poison'],
    watch: 'chat_dead_letters: one more is parked.',
    async run({ send, until }) {
      const message = send('/poison');
      const frames = await until((entries) => answered(entries, message));
      const failed = frames.find((frame) => frame.type === 'reply.failed');
      return failed ? `You were told: ${failed.detail} (${failed.code})` : 'It was answered: /poison is off here.';
    },
    why: [
      'A lost responder gives its delivery back, so a message that kills responders would go round for ever.',
      'The queue counts how often it gave a message out, and has a delivery limit of 5.',
      'Beyond it the message goes to chat_dead_letters, with its body as it came and the reason.',
      'A watcher of that queue writes reply.failed into the log, so nobody waits for nothing.',
      'An operator can look at it, mend it, and send it on its way again: see “Dead letters”.',
    ],
    source: 'backend/myna/protocol/topology.py',
    test: 'tests/contract/test_broker_dead_letters.py::test_a_delivery_requeued_too_often_becomes_a_dead_letter_and_the_log_gets_a_copy',
  },
  {
    name: 'Without the database',
    question: 'The database is away for four seconds. Is your message answered meanwhile?',
    choices: ['No, it waits for the database', 'Yes, at once', 'Yes, but it is not kept'],
    right: 1,
    needs: ['cut_database'],
    watch: 'Postgres is marked as down; its place on the band of the log stays behind, and then catches up.',
    async run({ send, fault, until }) {
      await fault('cut_database', { seconds: 4 });
      const message = send('/words 30', 'fast');
      const frames = await until((entries) => answered(entries, message));
      const end = frames.find((frame) => frame.type === 'reply.completed');
      const total = end ? duration(end.timings.total_ms) : 'no time';
      return `It was answered in ${total}, without the database. It is stored when that is back.`;
    },
    why: [
      'Nothing on the way of a message asks the database: the queue carries the job, the log the reply.',
      'The recorder reads the log like everybody else, and writes what has ended in the background.',
      'While the database is away it stays where it is in the log.',
      'When that is back it goes on from the position that stands in the same transaction as the rows.',
      'What is not stored yet, nodes know from the log, so a reload shows it too.',
    ],
    source: 'backend/myna/pipeline/recorder.py',
    test: 'tests/faults/test_postgres_faults.py::test_with_postgres_down_for_20_s_chat_goes_on_and_is_stored_afterwards',
  },
  {
    name: 'Without the broker',
    question: 'The broker is away for three seconds while you send a message. What happens to it?',
    choices: ['It is lost', 'It waits, and is answered later, once', 'It is answered without the broker'],
    right: 1,
    needs: ['cut_broker'],
    watch: 'The queue and the log are marked as down; the message stays open in the ledger.',
    async run({ send, fault, until }) {
      await fault('cut_broker', { seconds: 3 });
      const message = send('/words 20', 'fast');
      const frames = await until((entries) => answered(entries, message));
      const ends = frames.filter(({ type }) => type === 'reply.completed').length;
      const refusals = await until((entries) =>
        entries.filter((one) => 'received' in one && one.received.type === 'error'),
      );
      const tries =
        refusals.length > 0 ? ` after ${refusals.length} refused ${refusals.length === 1 ? 'try' : 'tries'}` : '';
      return `It was accepted${tries}, and answered ${ends === 1 ? 'once' : `${ends} times`}.`;
    },
    why: [
      '“Accepted” is said only after the broker has confirmed; before that nothing is promised.',
      'While the broker is away the node refuses (“busy”, with a time) or waits for the confirm.',
      'This page keeps what is not accepted, and sends it again under the same id.',
      'If the first try did arrive, the id makes the second one the same message.',
      'So it is answered once, however often it was sent.',
    ],
    source: 'backend/myna/pipeline/submissions.py',
    test: 'tests/faults/test_broker_faults.py::test_a_broker_killed_again_and_again_under_load_loses_nothing',
  },
  {
    name: 'Everything at once',
    question:
      'Ten messages are being answered. The responder, the database, the broker and your socket go. What is left?',
    choices: ['The messages, but not their replies', 'Some of it', 'All of it'],
    right: 2,
    needs: ['end_responder', 'cut_database', 'cut_broker', 'cut_socket'],
    watch: 'Everything goes down and comes back by itself, and the ledger: ten accepted, ten answered, none lost.',
    async run({ send, fault, until }) {
      const messages = Array.from({ length: MANY }, () => send('/words 120', 'normal'));
      await until((entries) => (messages.every((one) => begun(one, 1)(entries)) ? true : null));
      await fault('end_responder', { after_part: 7 });
      await fault('cut_database', { seconds: 4 });
      await fault('cut_broker', { seconds: 3 });
      await fault('cut_socket');
      return until((entries) => outcomeOf(entries, messages));
    },
    why: [
      'Nothing that was promised lived only in what went.',
      'Each message was in the queue, unacked, and in the log: the broker had confirmed both.',
      'Each reply was in the log as far as it had got, and the next responder went on behind its last part.',
      'Your place was a cursor that this tab knows itself, so any node could go on from there.',
      'The rows are made from the log, and beside them stands how far: the recorder went on from there.',
      'What remains to be trusted is the broker’s disk; with RabbitMQ, the disks of most of its nodes.',
    ],
    source: 'backend/myna/core/projection.py',
    test: 'tests/simulation/test_simulation.py::test_no_run_breaks_an_invariant',
  },
];
