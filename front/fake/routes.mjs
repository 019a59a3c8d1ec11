/** The fake server's HTTP routes, and the built page. */
import { randomUUID } from 'node:crypto';
import { createReadStream, existsSync, statSync } from 'node:fs';
import { extname, join, normalize } from 'node:path';
import { asMarkdown, exported, imported } from './files.mjs';
import { logPage } from './log.mjs';

const DIST = new URL('../../backend/myna/page/', import.meta.url).pathname;
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.webmanifest': 'application/manifest+json',
};
const CSP =
  "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

export async function handleHttp(server, request, response) {
  const url = new URL(request.url, server.url);
  const answer = (status, body, headers = {}) => {
    response.writeHead(status, {
      'Content-Type': status < 400 ? 'application/json' : 'application/problem+json',
      ...headers,
    });
    response.end(typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body));
  };
  const owner = server.ownerOf(request);
  if (url.pathname === '/api/session' && request.method === 'DELETE') {
    if (!owner) return unauthorized(answer);
    server.forget(owner);
    return answer(204, undefined, { 'Set-Cookie': 'chat_session=; Path=/; Max-Age=0' });
  }
  if (url.pathname === '/api/session') {
    const mine = owner ?? randomUUID();
    return answer(
      owner ? 200 : 201,
      { owner: mine, token: mine },
      { 'Set-Cookie': `chat_session=${mine}; Path=/; HttpOnly; SameSite=Strict` },
    );
  }
  if (!url.pathname.startsWith('/api/')) return page(url, response);
  if (!owner) return unauthorized(answer);
  return route(server, owner, url, request, answer);
}

function unauthorized(answer) {
  return answer(401, problem(401, 'unauthorized', 'This needs a session.'));
}

function problem(status, code, detail) {
  return { type: 'about:blank', title: code, status, code, detail, request_id: randomUUID() };
}

async function route(server, owner, url, request, answer) {
  const all = server.conversationsOf(owner);
  const gone = () => answer(404, problem(404, 'not_found', 'There is no such conversation.'));
  if (url.pathname === '/api/conversations') return answer(200, list(all, url));
  if (url.pathname === '/api/search') return answer(200, search(all, url));
  if (url.pathname === '/api/line') return answer(200, { items: [], next: null }); // everybody is answered at once
  if (url.pathname === '/api/pipeline') return answer(200, pipeline(server));
  if (url.pathname === '/api/pipeline/turns') return answer(200, turns(server));
  if (url.pathname === '/api/log') return answer(200, await logPage(server, owner, url));
  if (url.pathname === '/api/dead-letters') return answer(200, { items: [], next: null }); // it answers everything
  const [, id, rest] = /^\/api\/conversations\/([^/]+)(\/.*)?$/.exec(url.pathname) ?? [];
  if (id && rest === '/import' && request.method === 'PUT') {
    const conversation = imported(id, JSON.parse(await bodyOf(request)));
    all.set(id, conversation);
    const { title, items } = conversation;
    return answer(201, { id, title, messages: items.length, cursor: String(server.log.length) });
  }
  const conversation = all.get(id);
  if (!conversation) return gone();
  if (rest === '/messages') return answer(200, messages(server, conversation, url));
  if (rest === '/export') {
    const markdown = url.searchParams.get('format') === 'markdown';
    const content = markdown ? asMarkdown(conversation) : exported(conversation);
    const name = markdown ? 'conversation.md' : 'conversation.json';
    return answer(200, content, { 'Content-Disposition': `attachment; filename="${name}"` });
  }
  if (request.method === 'PATCH') {
    const body = JSON.parse(await bodyOf(request));
    conversation.title = body.title;
    server.emit(owner, { type: 'conversation.updated', conversation_id: id, title: body.title });
    return answer(200, { id, title: body.title });
  }
  if (request.method === 'DELETE') {
    all.delete(id);
    server.emit(owner, { type: 'conversation.deleted', conversation_id: id });
    return answer(204);
  }
  return gone();
}

async function bodyOf(request) {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}

function slice(items, url) {
  const limit = Number(url.searchParams.get('limit') ?? 50);
  const from = Number(url.searchParams.get('before') ?? 0);
  return { items: items.slice(from, from + limit), next: from + limit < items.length ? String(from + limit) : null };
}

function list(all, url) {
  const q = (url.searchParams.get('q') ?? '').toLowerCase();
  const items = [...all.values()]
    .filter((one) => one.title.toLowerCase().includes(q))
    .map(({ id, title, created_at, updated_at, items }) => ({
      id,
      title,
      created_at,
      updated_at,
      messages: items.length,
      preview: items.at(-1)?.text.slice(0, 160) ?? '',
    }))
    .sort((a, b) => (a.updated_at < b.updated_at ? 1 : -1));
  return slice(items, url);
}

/** Pages count back from the newest item; `before` is the number of items still older. */
function messages(server, conversation, url) {
  const limit = Number(url.searchParams.get('limit') ?? 50);
  const end = Number(url.searchParams.get('before') ?? conversation.items.length);
  const from = Math.max(0, end - limit);
  const items = conversation.items.slice(from, end).map(({ stop: _stop, ...item }) => item);
  return { items, next: from > 0 ? String(from) : null, cursor: String(server.log.length) };
}

function search(all, url) {
  const q = (url.searchParams.get('q') ?? '').toLowerCase();
  const within = searchFilter(url);
  const items = [];
  for (const conversation of all.values()) {
    for (const item of conversation.items.filter(within)) {
      const at = item.text.toLowerCase().indexOf(q);
      if (at < 0 || !q) continue;
      const text = item.text;
      const snippet = `${text.slice(Math.max(0, at - 40), at)}<mark>${text.slice(at, at + q.length)}</mark>${text.slice(at + q.length, at + q.length + 60)}`;
      items.push({
        conversation_id: conversation.id,
        title: conversation.title,
        id: item.id,
        message_id: item.message_id ?? item.id, // the message that a client shows it under
        role: item.role,
        snippet,
        created_at: item.created_at,
      });
    }
  }
  return slice(items.reverse(), url);
}

function searchFilter({ searchParams }) {
  const role = searchParams.get('role');
  const [since, until] = ['since', 'until'].map((name) => Date.parse(searchParams.get(name)));
  return (item) => {
    const at = Date.parse(item.created_at);
    return (!role || item.role === role) && !(at < since) && !(at >= until);
  };
}

const UNKNOWN = { depth: null, unacked: null, consumers: null };

function pipeline(server) {
  const open = [...server.owners.values()]
    .flatMap((all) => [...all.values()])
    .flatMap((one) => one.items)
    .filter((item) => item.status === 'streaming').length;
  return {
    broker: {
      kind: 'embedded',
      up: true,
      management_url: null,
      vhost: null,
      queues: [
        { name: 'chat_queue', depth: 0, unacked: open, consumers: 3 },
        { ...UNKNOWN, name: 'chat_responses', depth: server.log.length },
        { ...UNKNOWN, name: 'chat_dead_letters', depth: 0 },
      ],
    },
    relay: { live: true, position: server.log.length, lag_ms: 0 },
    recorder: { active: true, stored_position: server.log.length, pending: 0 },
    store: { up: true },
    sockets: server.sockets.size,
    open_turns: open,
    waiting_turns: 0,
    responders: [1, 2, 3].map((one) => ({ worker: `worker-${one}`, open: one === 1 ? open : 0 })),
    rates: { messages_per_s: null, events_per_s: null, deltas_per_s: null, ends_per_s: null },
    lab: false,
  };
}

/** What is open, to scale; everything is the caller's own, and answered by one responder. */
function turns(server) {
  const last = server.log.length;
  const open = [...server.owners.values()]
    .flatMap((all) => [...all.values()])
    .flatMap(({ id, items }) => items.map((item) => ({ ...item, conversation_id: id })))
    .filter((item) => item.status === 'streaming');
  const worker = 'worker-1';
  return {
    at: new Date().toISOString(),
    node: 'fake',
    log: { epoch: server.epoch, first: 0, last },
    relays: [{ node: 'fake', position: last, live: true, lag_ms: 0 }],
    recorder: { active: true, position: last, pending: 0 },
    responders: [{ worker, open: open.length, here: true, prefetch: 32, state: 'running' }],
    held: 0,
    turns: open.map(({ id, message_id, conversation_id, parts }) => ({
      stage: parts > 0 ? 'streaming' : 'picked_up',
      mine: true,
      offset: 0,
      age_ms: 0,
      worker,
      attempt: 1,
      parts,
      conversation_id,
      message_id,
      reply_id: id,
    })),
    more: 0,
    rates: { seconds: 5, messages_per_s: null, events_per_s: null, deltas_per_s: null, ends_per_s: null },
  };
}

function page(url, response) {
  const path = normalize(decodeURIComponent(url.pathname)).replace(/^(\.\.[/\\])+/, '');
  const wanted = join(DIST, path);
  const file = existsSync(wanted) && statSync(wanted).isFile() ? wanted : join(DIST, 'index.html');
  if (!existsSync(file)) {
    response.writeHead(404, { 'Content-Type': 'text/plain' });
    return response.end('Build the page first: npm run build');
  }
  response.writeHead(200, {
    'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream',
    'Content-Security-Policy': CSP,
    'X-Content-Type-Options': 'nosniff',
  });
  createReadStream(file).pipe(response);
}
