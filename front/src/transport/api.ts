/** The HTTP side: one function per route, errors as `ApiError`. */
import type {
  ConversationsPage,
  HitsPage,
  Imported,
  Journal,
  MessagesPage,
  Pipeline,
  Problem,
  QueuePositions,
  SearchHit,
  SessionAnswer,
} from '../protocol/http.ts';

const TIMEOUT_MS = 15_000; // longer than any healthy answer
const UPLOAD_MS = 120_000; // the longest import at 300 kbit/s

/** The server refused, or could not be reached (`status` 0). `message` can be shown to the user. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
  ) {
    super(detail);
  }
}

async function problemOf(answer: Response): Promise<ApiError> {
  let problem: Partial<Problem> = {};
  try {
    problem = (await answer.json()) as Partial<Problem>;
  } catch {
    // A proxy's own error page: the status has to do.
  }
  if (answer.status === 401 && problem.code === 'unauthorized')
    return new ApiError(401, problem.code, 'Your session has ended. Reload the page to begin a new one.');
  const detail = problem.detail ?? problem.title ?? `The server answered ${answer.status}.`;
  return new ApiError(answer.status, problem.code ?? 'http_error', detail);
}

export class ChatApi {
  constructor(
    private readonly base: string = '',
    private readonly fetcher: typeof fetch = (...args) => fetch(...args),
  ) {}

  session(): Promise<SessionAnswer> {
    return this.request('POST', '/api/session');
  }

  /** Deletes everything of this owner, for good, and ends the session. */
  forget(): Promise<void> {
    return this.request('DELETE', '/api/session');
  }

  /** The list, newest first; `q` finds in titles. */
  conversations(query: { before?: string; at_least?: string; limit?: number; q?: string }): Promise<ConversationsPage> {
    return this.request('GET', `/api/conversations${queryText(query)}`);
  }

  messages(id: string, query: { before?: string; at_least?: string; limit?: number }): Promise<MessagesPage> {
    return this.request('GET', `/api/conversations/${encodeURIComponent(id)}/messages${queryText(query)}`);
  }

  rename(id: string, title: string): Promise<void> {
    return this.request('PATCH', `/api/conversations/${encodeURIComponent(id)}`, { title });
  }

  remove(id: string): Promise<void> {
    return this.request('DELETE', `/api/conversations/${encodeURIComponent(id)}`);
  }

  /** `role`: what one side said; `since`: what was said then or later, an RFC 3339 time. */
  search(q: string, query: { role?: SearchHit['role']; since?: string; limit?: number } = {}): Promise<HitsPage> {
    return this.request('GET', `/api/search${queryText({ q, ...query })}`);
  }

  /** The positions of this owner's waiting messages in `chat_queue`. */
  queuePositions(): Promise<QueuePositions> {
    return this.request('GET', '/api/line');
  }

  pipeline(): Promise<Pipeline> {
    return this.request('GET', '/api/pipeline');
  }

  /** Has the server keep the operator's token for this browser, in a cookie that no script can read. */
  openOperator(token: string): Promise<void> {
    return this.request('POST', '/api/operator', undefined, TIMEOUT_MS, { Authorization: `Bearer ${token}` });
  }

  exportAddress(id: string, format: 'markdown' | 'json'): string {
    return `${this.base}/api/conversations/${encodeURIComponent(id)}/export?format=${format}`;
  }

  scenarioAddress(id: string): string {
    return `${this.base}/api/conversations/${encodeURIComponent(id)}/scenario`;
  }

  /** The newest replies of this owner, on the page and over /v1, the newest last. */
  journal(limit: number): Promise<Journal> {
    return this.request('GET', `/api/mock/journal${queryText({ limit })}`);
  }

  /** Imports an exported conversation under `id`, which is the idempotency key. */
  importConversation(id: string, document: unknown): Promise<Imported> {
    return this.request('PUT', `/api/conversations/${encodeURIComponent(id)}/import`, document, UPLOAD_MS);
  }

  /** One request to a route; also for routes that only a part of the page knows. */
  async request<T>(
    method: string,
    path: string,
    body?: unknown,
    timeoutMs = TIMEOUT_MS,
    headers: Record<string, string> = {},
  ): Promise<T> {
    let answer: Response;
    try {
      answer = await this.fetcher(this.base + path, {
        method,
        credentials: 'same-origin',
        keepalive: method === 'DELETE', // deletions are carried out when the page closes
        signal: AbortSignal.timeout(timeoutMs),
        headers: body === undefined ? headers : { ...headers, 'Content-Type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch {
      throw new ApiError(0, 'unreachable', 'The server can’t be reached.');
    }
    if (!answer.ok) throw await problemOf(answer);
    if (answer.status === 204) return undefined as T;
    const text = await answer.text();
    return (text ? JSON.parse(text) : undefined) as T;
  }
}

export function queryText(query: Record<string, string | number | undefined>): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined);
  if (pairs.length === 0) return '';
  return `?${new URLSearchParams(pairs.map(([key, value]) => [key, String(value)]))}`;
}
