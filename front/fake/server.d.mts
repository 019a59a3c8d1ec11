/** The shape of the fake server, for the tests in TypeScript. */
import type { ClientFrame } from '../src/protocol/wire';

export interface FakeConnection {
  ws: { send(text: string): void; close(code?: number): void; terminate(): void };
  owner: string;
}

export declare class FakeServer {
  constructor(settings?: { auto?: boolean; heartbeat_s?: number; owner?: string });
  readonly url: string;
  readonly port: number;
  epoch: string;
  log: { owner: string; event: Record<string, unknown> }[];
  received: ClientFrame[];
  upgrades: string[];
  sockets: Set<FakeConnection>;
  script: ((frame: ClientFrame, connection: FakeConnection) => boolean) | null;
  silent: boolean;
  accepting: boolean;
  listen(port?: number): Promise<FakeServer>;
  close(): Promise<void>;
  disconnect(code?: number): void;
  send(ws: FakeConnection['ws'], frame: Record<string, unknown>): void;
  emit(owner: string, event: Record<string, unknown>): Record<string, unknown>;
  conversationsOf(owner: string): Map<string, { items: Record<string, unknown>[] }>;
}
