/** `npm run fake`: the fake backend and the built page on one port. FAKE_TURNS fills one long conversation. */
import { randomUUID } from 'node:crypto';
import { flood } from './flood.mjs';
import { answerTo } from './mock.mjs';
import { FakeServer } from './server.mjs';

// An empty FAKE_OWNER makes whoever comes an owner of their own.
const server = new FakeServer({ owner: (process.env.FAKE_OWNER ?? randomUUID()) || null });
const turns = Number(process.env.FAKE_TURNS ?? 0);
const kinds = ['/table', '/code', '/list', 'hello there'];

function fill(title, count, startMs) {
  const id = randomUUID();
  const items = [];
  let parent_id = null;
  for (let turn = 0; turn < count; turn += 1) {
    const said = kinds[turn % kinds.length];
    const at = new Date(startMs + turn * 1000).toISOString();
    const message = randomUUID();
    const text = `${said} (${turn + 1})`;
    const reply = randomUUID();
    items.push({ id: message, role: 'user', text, status: 'complete', created_at: at, parent_id });
    parent_id = reply;
    items.push({
      id: reply,
      role: 'assistant',
      message_id: message,
      text: `${answerTo(said).text}\n\nThis is reply number ${turn + 1}.`,
      status: 'complete',
      attempt: 1,
      parts: 40,
      finish_reason: 'stop',
      worker: 'worker-2',
      timings: { queued_ms: 4, first_part_ms: 190, total_ms: 1240 },
      created_at: at,
    });
  }
  const at = new Date(startMs + count * 1000).toISOString();
  server
    .conversationsOf(server.settings.owner)
    .set(id, { id, title, created_at: at, updated_at: at, items, seen: new Map(), busy: Promise.resolve() });
  return id;
}

const DAY = 86_400_000;
const noon = new Date().setHours(12, 0, 0, 0);
/** Minutes ago, but today; or around noon so many days ago: of which day a sample is does not depend on the time of day. */
const today = (minutes) => Math.max(new Date().setHours(0, 0, 0, 0), Date.now() - minutes * 60_000);
const daysAgo = (days, minutes = 0) => noon - days * DAY - minutes * 60_000;
const samples = [
  ['What does a quorum queue promise?', 2, today(15)],
  ['Draw the route of one message', 3, today(70)],
  ['A mailbox in twenty lines', 1, daysAgo(1)],
  ['Why not two queues?', 2, daysAgo(1, 90)],
  ['Backoff with full jitter, explained', 2, daysAgo(3)],
  ['Notes on the recorder', 1, daysAgo(5)],
  ['First words', 1, daysAgo(20)],
];
if (process.env.FAKE_SAMPLES !== '0') for (const [title, count, at] of samples) fill(title, count, at);
if (turns > 0) console.log(`long conversation: /c/${fill('A very long conversation', turns, Date.now() - 3 * DAY)}`);

/** Replies that are expensive or dangerous to render. */
function hostile() {
  const texts = [
    'x'.repeat(1_000_000),
    `${'> '.repeat(3_000)}deep`,
    `${'['.repeat(20_000)}`,
    `| a | b |\n|---|---|\n${'| 1 | 2 |\n'.repeat(5_000)}`,
    '<script>document.title = "owned"</script><img src="https://example.org/beacon.png" onerror="document.title = 1">',
    '![spy](https://example.org/beacon.png) [run](javascript:document.title=1) [page](data:text/html,owned)',
    `${'- '.repeat(500)}nested`,
    `${'**'.repeat(4_000)}`,
    `\`\`\`js\n${'let a = 1;\n'.repeat(20_000)}\`\`\``,
  ];
  const id = fill('Hostile', texts.length, Date.now() - 3_600_000);
  const replies = server
    .conversationsOf(server.settings.owner)
    .get(id)
    .items.filter((item) => item.role === 'assistant');
  replies.forEach((item, place) => {
    item.text = texts[place];
  });
  return id;
}

if (process.env.FAKE_HOSTILE) console.log(`hostile conversation: /c/${hostile()}`);

await server.listen(Number(process.env.PORT ?? 5056));
if (process.env.FAKE_EVENTS_PER_S) flood(server, Number(process.env.FAKE_EVENTS_PER_S));
console.log(`fake backend on ${server.url}`);
