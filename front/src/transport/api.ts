/** The HTTP side: one function per route, errors as `ApiError`. It may not touch the chat's state. */
import type {
  ConversationsPage,
  HitsPage,
  Imported,
  Line,
  MessagesPage,
  Pipeline,
  Problem,
  SessionAnswer,
} from '../protocol/http';

const TIMEOUT_MS = 15_000; // longer than any healthy answer, shorter than a person's patience
const UPLOAD_MS = 120_000; // the longest import over a line of 300 kbit/s

/** The server refused, or could not be reached (`status` 0). `message` is fit to be shown. */
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
  const detail = problem.detail ?? problem.title ?? `The server answered ${answer.status}.`;
  return new ApiError(answer.status, problem.code ?? 'http_error', detail);
}

export class ChatApi {
  constructor(
    private readonly base: string = '',
    private readonly fetcher: typeof fetch = (...args) => fetch(...args),
  ) {}

  session(): Promise<SessionAnswer> {
    return this.ask('POST', '/api/session');
  }

  conversations(query: { before?: string; at_least?: string; limit?: number }): Promise<ConversationsPage> {
    return this.ask('GET', `/api/conversations${queryText(query)}`);
  }

  messages(id: string, query: { before?: string; at_least?: string; limit?: number }): Promise<MessagesPage> {
    return this.ask('GET', `/api/conversations/${encodeURIComponent(id)}/messages${queryText(query)}`);
  }

  rename(id: string, title: string): Promise<void> {
    return this.ask('PATCH', `/api/conversations/${encodeURIComponent(id)}`, { title });
  }

  remove(id: string): Promise<void> {
    return this.ask('DELETE', `/api/conversations/${encodeURIComponent(id)}`);
  }

  search(q: string, query: { before?: string; limit?: number } = {}): Promise<HitsPage> {
    return this.ask('GET', `/api/search${queryText({ q, ...query })}`);
  }

  /** Where this owner's messages stand that nobody works on yet. */
  line(): Promise<Line> {
    return this.ask('GET', '/api/line');
  }

  pipeline(): Promise<Pipeline> {
    return this.ask('GET', '/api/pipeline');
  }

  exportAddress(id: string, format: 'markdown' | 'json'): string {
    return `${this.base}/api/conversations/${encodeURIComponent(id)}/export?format=${format}`;
  }

  /** Brings an exported conversation back under a new id. The same again with the same id is done once. */
  importConversation(id: string, document: unknown): Promise<Imported> {
    return this.ask('PUT', `/api/conversations/${encodeURIComponent(id)}`, document, UPLOAD_MS);
  }

  private async ask<T>(method: string, path: string, body?: unknown, timeoutMs = TIMEOUT_MS): Promise<T> {
    let answer: Response;
    try {
      answer = await this.fetcher(this.base + path, {
        method,
        credentials: 'same-origin',
        signal: AbortSignal.timeout(timeoutMs),
        ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
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

function queryText(query: Record<string, string | number | undefined>): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined);
  if (pairs.length === 0) return '';
  return `?${new URLSearchParams(pairs.map(([key, value]) => [key, String(value)]))}`;
}
