// The peer: websocket → chat_queue → mock reply → chat_responses → websocket in one process, the shape of a good first version
// of such a system. Tuned: TCP no-delay on both sides, prefetch, acks in multiples, one prepared multi-row insert at a time per kind.
//
//   PORT, AMQP_URL; CONFIRMS=1: durable quorum queues, persistent messages, publisher confirms, acks after confirms;
//   DATABASE_URL: every message and reply stored, and accepted or acked only then; INSERTS=each: an insert for each row, over the
//   pool, as most people write it, instead of one for all that wait; BATCHES=1: what waits while a publish is under way travels
//   together in the next one, and the frames that come together go to a socket in one write.
import amqp from 'amqplib'
import pg from 'pg'
import { WebSocketServer } from 'ws'

const { PORT, AMQP_URL, DATABASE_URL } = process.env
const confirms = process.env.CONFIRMS === '1'
const BATCHES = process.env.BATCHES === '1'
const BATCH = 256 // bodies of one publish
const PACE_MS = 20 // between two parts of a reply that is paced: 50 parts a second
const PREFETCH = 500 // deliveries in hand: enough that the broker never waits for an ack
const EACH = process.env.INSERTS === 'each'
const LARGEST = 1000 // rows of one insert
const POOL = EACH ? 10 : 4 // connections
const GATHER_MS = 2 // acks in multiples: at most this late

const sockets = new Map() // conversation → its socket
const connection = await amqp.connect(AMQP_URL, { noDelay: true })
const publisher = confirms ? await connection.createConfirmChannel() : await connection.createChannel()
const queue = confirms ? { durable: true, arguments: { 'x-queue-type': 'quorum' } } : { durable: true }
for (const name of ['chat_queue', 'chat_responses']) await publisher.assertQueue(name, queue)

function publish(name, body, confirmed) {
  const options = { persistent: confirms, contentType: 'application/json' }
  const content = Buffer.from(JSON.stringify(body))
  if (!confirms) {
    publisher.sendToQueue(name, content, options)
    confirmed?.()
    return
  }
  publisher.sendToQueue(name, content, options, (error) => {
    if (error) throw error
    confirmed?.()
  })
}

/** Bodies for one queue; those that wait while a publish is under way go together in the next one, as an array. */
class Batches {
  #waiting = []
  #busy = false

  constructor(name) {
    this.name = name
  }

  add(body, confirmed) {
    this.#waiting.push({ body, confirmed })
    if (!this.#busy) this.#flush()
  }

  #flush() {
    this.#busy = this.#waiting.length > 0
    if (!this.#busy) return
    const batch = this.#waiting.splice(0, BATCH)
    publish(this.name, batch.length === 1 ? batch[0].body : batch.map(({ body }) => body), () => {
      for (const { confirmed } of batch) confirmed?.()
      this.#flush()
    })
  }
}

const batches = { chat_queue: new Batches('chat_queue'), chat_responses: new Batches('chat_responses') }
const submit = BATCHES ? (name, body, confirmed) => batches[name].add(body, confirmed) : publish

/** Rows that wait while an insert is under way go together in the next one; `stored` is called when its row is committed. */
class Inserts {
  #waiting = []
  #busy = false

  constructor(pool) {
    this.pool = pool
  }

  add(row, stored) {
    if (EACH) {
      this.#insert([{ row, stored }])
      return
    }
    this.#waiting.push({ row, stored })
    if (!this.#busy) this.#flush()
  }

  async #flush() {
    this.#busy = true
    while (this.#waiting.length) {
      const batch = this.#waiting.splice(0, LARGEST)
      await this.#insert(batch)
    }
    this.#busy = false
  }

  async #insert(batch) {
    const columns = [0, 1, 2, 3].map((at) => batch.map(({ row }) => row[at]))
    await this.pool.query({
      name: 'insert',
      text: `insert into peer_messages (id, conversation_id, role, text)
             select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[]) on conflict do nothing`,
      values: columns,
    })
    for (const { stored } of batch) stored()
  }
}

let stores
if (DATABASE_URL) {
  const pool = new pg.Pool({ connectionString: DATABASE_URL, max: POOL })
  await pool.query(`create table if not exists peer_messages (
    id uuid not null, role text not null, conversation_id uuid not null, text text not null,
    created_at timestamptz not null default now(), primary key (id, role))`)
  await pool.query('create index if not exists peer_by_conversation on peer_messages (conversation_id, created_at)')
  stores = { user: new Inserts(pool), assistant: new Inserts(pool) }
}

const store = (role, { id, conversation_id, text }, stored) =>
  stores ? stores[role].add([id, conversation_id, role, text], stored) : stored()

/** Consumes a queue; deliveries are acked in order, in multiples, once `done` was called for them. */
async function consume(name, handle) {
  const channel = await connection.createChannel()
  await channel.prefetch(PREFETCH)
  const open = [] // in order: { message, finished }
  let timer
  const ackAll = () => {
    timer = undefined
    let last
    while (open.length && open[0].finished) last = open.shift().message
    if (last) channel.ack(last, true)
  }
  await channel.consume(name, (message) => {
    const entry = { message, finished: false }
    open.push(entry)
    const content = JSON.parse(message.content)
    const bodies = Array.isArray(content) ? content : [content]
    let left = bodies.length
    const done = () => {
      if (--left > 0) return
      entry.finished = true
      timer ??= setTimeout(ackAll, GATHER_MS)
    }
    for (const body of bodies) handle(body, done)
  })
}

// The mock AI: answers at once and in one part, or as the scenario says: at-once-60 in sixty parts, paced-60 with a wait before each.
await consume('chat_queue', (said, done) => {
  const { id, conversation_id } = said
  const [, pace, count] = /^(at-once|paced)-(\d+)$/.exec(said.options?.scenario ?? '') ?? []
  if (!count) {
    submit('chat_responses', { id, conversation_id, text: `You said “${said.text}”. Here is what I think of it.` }, done)
    return
  }
  let text = ''
  const part = (index) => {
    const more = ` word number ${index}`
    text += more
    submit('chat_responses', { id, conversation_id, index, at: new Date().toISOString(), part: more })
  }
  const end = () => submit('chat_responses', { id, conversation_id, parts: Number(count), text }, done)
  if (pace === 'at-once') {
    for (let index = 0; index < count; index++) part(index)
    end()
    return
  }
  const next = (index) => {
    if (index < count) {
      part(index)
      setTimeout(next, PACE_MS, index + 1)
    } else end()
  }
  setTimeout(next, PACE_MS, 0)
})

/** Write a frame; with BATCHES all frames of one turn of the event loop in one go. */
function write(socket, frame) {
  if (BATCHES && !socket.corked) {
    socket.corked = true
    socket._socket.cork()
    setImmediate(() => {
      socket.corked = false
      socket._socket.uncork()
    })
  }
  socket.send(JSON.stringify(frame))
}

await consume('chat_responses', (event, done) => {
  const { id: message_id, conversation_id } = event
  const socket = sockets.get(conversation_id)
  if (event.part !== undefined) {
    if (socket) write(socket, { type: 'reply.delta', message_id, conversation_id, index: event.index, at: event.at, text: event.part })
    done()
    return
  }
  if (socket) write(socket, { type: 'reply.completed', message_id, conversation_id, parts: event.parts ?? 1, text: event.text })
  store('assistant', event, done)
})

const server = new WebSocketServer({ port: Number(PORT), host: '127.0.0.1', perMessageDeflate: false, path: '/ws' })
server.on('connection', (socket) => {
  const mine = new Set()
  socket.on('message', (data) => {
    const { id, conversation_id, text, options } = JSON.parse(data)
    sockets.set(conversation_id, socket)
    mine.add(conversation_id)
    let missing = 2
    const accepted = () => {
      if (--missing === 0) write(socket, { type: 'message.accepted', id, conversation_id, duplicate: false })
    }
    submit('chat_queue', { id, conversation_id, text, options }, accepted)
    store('user', { id, conversation_id, text }, accepted)
  })
  socket.on('close', () => {
    for (const conversation of mine) sockets.delete(conversation)
  })
})
server.on('listening', () => console.log('listening'))
