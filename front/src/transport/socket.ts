/**
 * A socket that reconnects and resumes by itself. It knows frames, cursors and time, and nothing of conversations.
 */
import { decodeFrame, isEvent } from '../protocol/decode.ts';
import type { ClientFrame, ServerFrame, Welcome } from '../protocol/wire.ts';
import { backoffMs } from './backoff.ts';
import { closeRule } from './codes.ts';

export type Connection =
  | { phase: 'idle' }
  | { phase: 'connecting'; attempt: number; since: number }
  | { phase: 'open'; since: number }
  | { phase: 'waiting'; attempt: number; since: number; retryAt: number; reason: string }
  | { phase: 'offline'; since: number };

const POSTPONED_FOR_MS = 500; // a ping may come so much early

export interface SocketEvents {
  onFrame(frame: ServerFrame): void;
  onWelcome(welcome: Welcome): void;
  onConnection(connection: Connection): void;
}

export interface SocketSettings {
  url: string;
  /** Requests a session; resolves when the cookie is set. */
  openSession(): Promise<unknown>;
  random?: () => number;
  isOnline?: () => boolean;
  /** How long a ping may stay unanswered before the connection counts as dead. */
  probeMs?: number;
  /** Longest wait for `welcome`. */
  welcomeMs?: number;
}

export class ChatSocket {
  private ws: WebSocket | null = null;
  private connection: Connection = { phase: 'idle' };
  private timer: ReturnType<typeof setTimeout> | undefined;
  private watch: ReturnType<typeof setTimeout> | undefined;
  private attempt = 0;
  private downSince = 0;
  private generation = 0;
  private welcomed = false;
  private position: { epoch: string; cursor: string } | null = null;
  private heartbeatMs = 20_000;
  private drainMs: number | null = null;
  private nonce = 0;
  private postponedAt = 0;

  constructor(
    private readonly settings: SocketSettings,
    private readonly events: SocketEvents,
  ) {}

  start(): void {
    if (this.connection.phase === 'idle') void this.connect();
  }

  /** Closes the socket for good; no callback follows. */
  stop(): void {
    this.generation += 1;
    clearTimeout(this.timer);
    clearTimeout(this.watch);
    this.ws?.close(1000);
    this.ws = null;
    this.welcomed = false;
    this.connection = { phase: 'idle' };
  }

  /** Returns whether the frame was written; the caller keeps what was not. */
  send(frame: ClientFrame): boolean {
    if (!this.ws || !this.welcomed || this.ws.readyState !== 1) return false;
    this.ws.send(JSON.stringify(frame));
    return true;
  }

  /** Connects at once: for "retry now" and the browser's `online` event. */
  retryNow(): void {
    if (this.connection.phase === 'waiting' || this.connection.phase === 'offline') {
      clearTimeout(this.timer);
      void this.connect();
    } else if (this.connection.phase === 'open') {
      this.probe();
    }
  }

  /** For the browser's `offline` event: no countdown until the network is back. */
  networkLost(): void {
    if (this.connection.phase === 'idle' || this.connection.phase === 'offline') return;
    this.closeSocket();
    this.goOffline();
  }

  /** Sends a ping; no frame in time means that the connection is dead though it looks open. */
  probe(): void {
    if (!this.welcomed) return;
    this.nonce += 1;
    this.send({ type: 'ping', nonce: String(this.nonce) });
    clearTimeout(this.watch);
    this.postponedAt = 0;
    const generation = this.generation;
    this.watch = setTimeout(() => {
      if (generation === this.generation) this.disconnected(4000, 'The connection went silent.');
    }, this.settings.probeMs ?? 5_000);
  }

  private async connect(): Promise<void> {
    this.generation += 1;
    const generation = this.generation;
    if (this.downSince === 0) this.downSince = Date.now();
    this.setConnection({ phase: 'connecting', attempt: this.attempt, since: this.downSince });
    try {
      await this.settings.openSession();
    } catch {
      if (generation === this.generation) this.disconnected(1006, 'The server does not answer.');
      return;
    }
    if (generation !== this.generation) return;
    const ws = new WebSocket(this.address());
    this.ws = ws;
    ws.onmessage = (message) => {
      if (generation === this.generation) this.received(String(message.data));
    };
    ws.onclose = (close) => {
      if (generation === this.generation) this.disconnected(close.code);
    };
    clearTimeout(this.watch);
    this.postponedAt = 0;
    this.watch = setTimeout(() => {
      if (generation === this.generation) this.disconnected(4000, 'The server does not answer.');
    }, this.settings.welcomeMs ?? 10_000);
  }

  private address(): string {
    if (!this.position) return this.settings.url;
    const query = new URLSearchParams({ epoch: this.position.epoch, after: this.position.cursor });
    return `${this.settings.url}?${query}`;
  }

  private received(text: string): void {
    const frame = decodeFrame(text);
    this.postponeProbe();
    if (!frame) return;
    if (frame.type === 'welcome') {
      this.attempt = 0;
      this.downSince = 0;
      this.welcomed = true;
      this.drainMs = null;
      this.heartbeatMs = Math.max(1, frame.heartbeat_s) * 1_000;
      // A resumed socket stays at its own last cursor: the missed events are still to come.
      if (!frame.resumed || !this.position) this.position = { epoch: frame.epoch, cursor: frame.cursor };
      this.postponeProbe();
      this.setConnection({ phase: 'open', since: Date.now() });
      this.events.onWelcome(frame);
      return;
    }
    if (frame.type === 'server.draining') this.drainMs = frame.reconnect_after_ms;
    if (isEvent(frame) && this.position) this.position = { ...this.position, cursor: frame.cursor };
    this.events.onFrame(frame);
  }

  /** Every frame postpones the next ping; of thousands a second one does. */
  private postponeProbe(): void {
    const now = Date.now();
    if (now - this.postponedAt < POSTPONED_FOR_MS) return;
    this.postponedAt = now;
    clearTimeout(this.watch);
    this.watch = setTimeout(() => this.probe(), this.heartbeatMs);
  }

  private closeSocket(): void {
    this.generation += 1;
    clearTimeout(this.watch);
    clearTimeout(this.timer);
    const ws = this.ws;
    this.ws = null;
    this.welcomed = false;
    if (ws && ws.readyState < 2) ws.close(1000);
  }

  private disconnected(code: number, reason?: string): void {
    const rule = closeRule(code);
    if (rule.renew) this.position = null;
    this.closeSocket();
    if (this.downSince === 0) this.downSince = Date.now();
    if (!(this.settings.isOnline?.() ?? true)) {
      this.goOffline();
      return;
    }
    const random = this.settings.random ?? Math.random;
    const floor = this.drainMs ?? rule.floorMs;
    const wait = floor + backoffMs(this.attempt, random);
    this.attempt += 1;
    this.drainMs = null;
    const retryAt = Date.now() + wait;
    this.setConnection({
      phase: 'waiting',
      attempt: this.attempt,
      since: this.downSince,
      retryAt,
      reason: reason ?? rule.reason,
    });
    this.timer = setTimeout(() => void this.connect(), wait);
  }

  private goOffline(): void {
    if (this.downSince === 0) this.downSince = Date.now();
    this.attempt = 0;
    this.setConnection({ phase: 'offline', since: this.downSince });
  }

  private setConnection(connection: Connection): void {
    this.connection = connection;
    this.events.onConnection(connection);
  }
}
