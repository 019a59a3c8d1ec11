// The peer: websocket → chat_queue → mock reply → chat_responses → websocket in one process, the shape of a good first version
// of such a system. Tuned: TCP no-delay on both sides, prefetch, acks in multiples, one prepared multi-row insert at a time per kind.
//
//   PORT, AMQP_URL; CONFIRMS=1: durable quorum queues, persistent messages, publisher confirms, acks after confirms;
//   DATABASE_URL: every message and reply stored, and accepted or acked only then; INSERTS=each: an insert for each row, over the
//   pool, as most people write it, instead of one for all that wait.
import amqp from 'amqplib'
import pg from 'pg'
import { WebSocketServer } from 'ws'

const { PORT, AMQP_URL, DATABASE_URL } = process.env
const confirms = process.env.CONFIRMS === '1'
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
    handle(JSON.parse(message.content), () => {
      entry.finished = true
      timer ??= setTimeout(ackAll, GATHER_MS)
    })
  })
}

// The mock AI: answers at once.
await consume('chat_queue', (said, done) => {
  const reply = { id: said.id, conversation_id: said.conversation_id, text: `You said “${said.text}”. Here is what I think of it.` }
  publish('chat_responses', reply, done)
})

await consume('chat_responses', (reply, done) => {
  sockets.get(reply.conversation_id)?.send(
    JSON.stringify({ type: 'reply.completed', message_id: reply.id, conversation_id: reply.conversation_id, text: reply.text }),
  )
  store('assistant', reply, done)
})

const server = new WebSocketServer({ port: Number(PORT), host: '127.0.0.1', perMessageDeflate: false, path: '/ws' })
server.on('connection', (socket) => {
  const mine = new Set()
  socket.on('message', (data) => {
    const { id, conversation_id, text } = JSON.parse(data)
    sockets.set(conversation_id, socket)
    mine.add(conversation_id)
    let missing = 2
    const accepted = () => {
      if (--missing === 0) socket.send(JSON.stringify({ type: 'message.accepted', id, conversation_id, duplicate: false }))
    }
    publish('chat_queue', { id, conversation_id, text }, accepted)
    store('user', { id, conversation_id, text }, accepted)
  })
  socket.on('close', () => {
    for (const conversation of mine) sockets.delete(conversation)
  })
})
server.on('listening', () => console.log('listening'))
