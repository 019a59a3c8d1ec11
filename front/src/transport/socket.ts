/**
 * One socket that keeps coming back. It knows frames and time, and nothing of conversations:
 * it may not read or change the chat's state.
 */
import { decodeFrame, isEvent } from '../protocol/decode';
import type { ClientFrame, ServerFrame, Welcome } from '../protocol/wire';
import { backoffMs } from './backoff';
import { closeRule } from './codes';

export type Link =
  | { phase: 'idle' }
  | { phase: 'connecting'; attempt: number; since: number }
  | { phase: 'open'; since: number }
  | { phase: 'waiting'; attempt: number; since: number; retryAt: number; reason: string }
  | { phase: 'offline'; since: number };

export interface SocketEvents {
  onFrame(frame: ServerFrame): void;
  onWelcome(welcome: Welcome): void;
  onLink(link: Link): void;
}

export interface SocketSettings {
  url: string;
  /** Asks for a session; resolves when the cookie is set. */
  openSession(): Promise<unknown>;
  random?: () => number;
  isOnline?: () => boolean;
  /** Longest silence after a probe before the line counts as dead. */
  probeMs?: number;
  /** Longest wait for `welcome`. */
  welcomeMs?: number;
}

export class ChatSocket {
  private ws: WebSocket | null = null;
  private link: Link = { phase: 'idle' };
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

  constructor(
    private readonly settings: SocketSettings,
    private readonly events: SocketEvents,
  ) {}

  start(): void {
    if (this.link.phase === 'idle') void this.connect();
  }

  /** Ends it for good; nothing is called after this. */
  stop(): void {
    this.generation += 1;
    clearTimeout(this.timer);
    clearTimeout(this.watch);
    this.ws?.close(1000);
    this.ws = null;
    this.welcomed = false;
    this.link = { phase: 'idle' };
  }

  /** True only if the frame really left; the caller keeps what did not. */
  send(frame: ClientFrame): boolean {
    if (!this.ws || !this.welcomed || this.ws.readyState !== 1) return false;
    this.ws.send(JSON.stringify(frame));
    return true;
  }

  /** The person's "retry now", and the browser's "online". */
  retryNow(): void {
    if (this.link.phase === 'waiting' || this.link.phase === 'offline') {
      clearTimeout(this.timer);
      void this.connect();
    } else if (this.link.phase === 'open') {
      this.probe();
    }
  }

  /** The browser says the network is gone: no use in counting down. */
  networkLost(): void {
    if (this.link.phase === 'idle' || this.link.phase === 'offline') return;
    this.drop();
    this.goOffline();
  }

  /** Asks for a sign of life; none in time means the line is dead though it looks open. */
  probe(): void {
    if (!this.welcomed) return;
    this.nonce += 1;
    this.send({ type: 'ping', nonce: String(this.nonce) });
    clearTimeout(this.watch);
    const generation = this.generation;
    this.watch = setTimeout(() => {
      if (generation === this.generation) this.lost(4000, 'The connection went silent.');
    }, this.settings.probeMs ?? 5_000);
  }

  private async connect(): Promise<void> {
    this.generation += 1;
    const generation = this.generation;
    if (this.downSince === 0) this.downSince = Date.now();
    this.setLink({ phase: 'connecting', attempt: this.attempt, since: this.downSince });
    try {
      await this.settings.openSession();
    } catch {
      if (generation === this.generation) this.lost(1006, 'The server does not answer.');
      return;
    }
    if (generation !== this.generation) return;
    const ws = new WebSocket(this.address());
    this.ws = ws;
    ws.onmessage = (message) => {
      if (generation === this.generation) this.received(String(message.data));
    };
    ws.onclose = (close) => {
      if (generation === this.generation) this.lost(close.code);
    };
    clearTimeout(this.watch);
    this.watch = setTimeout(() => {
      if (generation === this.generation) this.lost(4000, 'The server does not answer.');
    }, this.settings.welcomeMs ?? 10_000);
  }

  private address(): string {
    if (!this.position) return this.settings.url;
    const query = new URLSearchParams({ epoch: this.position.epoch, after: this.position.cursor });
    return `${this.settings.url}?${query}`;
  }

  private received(text: string): void {
    const frame = decodeFrame(text);
    this.listen();
    if (!frame) return;
    if (frame.type === 'welcome') {
      this.attempt = 0;
      this.downSince = 0;
      this.welcomed = true;
      this.drainMs = null;
      this.heartbeatMs = Math.max(1, frame.heartbeat_s) * 1_000;
      // A resumed socket stays at its own last event: the missed ones are still to come.
      if (!frame.resumed || !this.position) this.position = { epoch: frame.epoch, cursor: frame.cursor };
      this.listen();
      this.setLink({ phase: 'open', since: Date.now() });
      this.events.onWelcome(frame);
      return;
    }
    if (frame.type === 'server.draining') this.drainMs = frame.reconnect_after_ms;
    if (isEvent(frame) && this.position) this.position = { ...this.position, cursor: frame.cursor };
    this.events.onFrame(frame);
  }

  /** Every sign of life pushes the next probe away. */
  private listen(): void {
    clearTimeout(this.watch);
    this.watch = setTimeout(() => this.probe(), this.heartbeatMs);
  }

  private drop(): void {
    this.generation += 1;
    clearTimeout(this.watch);
    clearTimeout(this.timer);
    const ws = this.ws;
    this.ws = null;
    this.welcomed = false;
    if (ws && ws.readyState < 2) ws.close(1000);
  }

  private lost(code: number, reason?: string): void {
    const rule = closeRule(code);
    if (rule.renew) this.position = null;
    this.drop();
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
    this.setLink({
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
    this.setLink({ phase: 'offline', since: this.downSince });
  }

  private setLink(link: Link): void {
    this.link = link;
    this.events.onLink(link);
  }
}
