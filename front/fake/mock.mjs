/** The fake server's canned replies, split into parts. */

const CODE = [
  'Here is the shape of it, in one small class:',
  '',
  '```python',
  'class Mailbox:',
  '    """Bounded, and honest about being full."""',
  '',
  '    def __init__(self, size: int) -> None:',
  '        self.items: deque[Event] = deque(maxlen=size)',
  '        self.arrived = asyncio.Event()',
  '',
  '    async def take(self) -> list[Event]:',
  '        await self.arrived.wait()',
  '        taken, self.items = list(self.items), deque(maxlen=self.items.maxlen)',
  '        self.arrived.clear()',
  '        return taken',
  '```',
  '',
  'Nothing waits for ever: a reader that is too slow is told so, and comes back with its **cursor**.',
].join('\n');

const TABLE = [
  'Three places a message passes, and what each one promises:',
  '',
  '| place | kind | promise |',
  '|---|---|:--|',
  '| `chat_queue` | quorum queue | exactly one worker has it at a time |',
  '| `chat_responses` | stream | kept, in order, for every reader |',
  '| `chat_dead_letters` | quorum queue | nothing that failed is lost |',
  '',
  'The queue forgets on purpose; the stream remembers on purpose.',
].join('\n');

const LIST = [
  'A reply comes back in five steps:',
  '',
  '1. The gateway publishes your message once, with a confirm.',
  '2. A worker takes it from `chat_queue`.',
  '3. Every part it says goes to `chat_responses`.',
  '4. The relay reads the log and hands each part to your sockets.',
  '5. The recorder writes rows and position in *one* transaction.',
  '',
  '- [x] no dual write',
  '- [x] no endless spinner',
  '- [ ] no coffee',
].join('\n');

const HELP = [
  'I am a mock: I answer in borrowed voices, but the route is real. Try one of these.',
  '',
  '- `/code`: an answer with code in it',
  '- `/table`: an answer with a table',
  '- `/list`: an answer with a list',
  '- `/slow`, `/long`, `/fail`: what they say',
  '- `/sleep <seconds>`: think first',
  '- `/echo <text>`: say it back',
].join('\n');

function long() {
  const parts = [];
  for (let section = 1; section <= 12; section += 1) {
    parts.push(`## Part ${section}`, '', `${'A queue is a promise with a waiting room. '.repeat(6)}`, '', LIST, '');
  }
  return parts.join('\n');
}

/** @returns {{ text: string, firstMs: number, partMs: number, fails: boolean }} */
export function answerTo(text) {
  const [command, ...rest] = text.trim().split(/\s+/);
  const plain = { text: '', firstMs: 180, partMs: 24, fails: false };
  if (command === '/help') return { ...plain, text: HELP };
  if (command === '/code') return { ...plain, text: CODE };
  if (command === '/table') return { ...plain, text: TABLE };
  if (command === '/list') return { ...plain, text: LIST };
  if (command === '/long') return { ...plain, text: long(), partMs: 10 };
  if (command === '/slow') return { ...plain, text: LIST, firstMs: 1200, partMs: 160 };
  if (command === '/fail') return { ...plain, text: 'I begin, and then ', fails: true };
  if (command === '/sleep') return { ...plain, text: 'Awake again.', firstMs: Number(rest[0] ?? 1) * 1000 };
  if (command === '/echo') return { ...plain, text: text.trim().slice('/echo'.length).trim() };
  return {
    ...plain,
    text: `You said “${text.trim().slice(0, 120)}”. I am a mock, so take this as a gesture: it was queued, picked up by a worker, and written down part by part.\n\nAsk for \`/code\`, \`/table\` or \`/list\` to see more of what I can draw.`,
  };
}

/** Splits a text into word-sized parts that join to the same text. */
export function partsOf(text) {
  return text.match(/\s*\S+\s*?(?=\s|$)|\s+/g) ?? [];
}
