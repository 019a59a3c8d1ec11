/** The package that other programs get: what is built is whole, and the example in the documentation runs with it, over a lost connection. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { WebSocket as NodeSocket } from 'ws';
import { FakeServer } from '../../fake/server.mjs';

const FRONT = resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'myna-client-'));
const built = join(folder, 'node_modules', 'myna-client');
let server: FakeServer;

beforeAll(async () => {
  mkdirSync(built, { recursive: true });
  execFileSync('npx', ['--no-install', 'tsc', '-p', 'client/tsconfig.json', '--outDir', join(built, 'dist')], {
    cwd: FRONT,
  });
  cpSync(join(FRONT, 'client/package.json'), join(built, 'package.json'));
  server = await new FakeServer({ owner: '7b0e5a2e-6f2c-4d43-8f0e-1d0a54f1c001' }).listen();
});

afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

it('needs nothing but itself', () => {
  const files = execFileSync('grep', ['-rhoE', "from '[^']+'", join(built, 'dist'), '--include=*.js'], {
    encoding: 'utf8',
  });
  expect(files.split('\n').filter((line) => line && !/from '\.\.?\/[\w/]+\.js'/.test(line))).toEqual([]);
});

it('runs the example of the documentation, over a lost connection', async () => {
  const page = readFileSync(resolve(FRONT, '../docs/clients.md'), 'utf8');
  const example = /```js\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  expect(example.trim().split('\n').length).toBeLessThanOrEqual(20);
  writeFileSync(join(folder, 'example.mjs'), example);
  const printed: unknown[] = [];
  vi.stubGlobal('WebSocket', NodeSocket);
  vi.stubGlobal('location', { origin: server.url });
  vi.spyOn(console, 'log').mockImplementation((line) => {
    printed.push(line);
    if (printed.length === 6) server.disconnect();
  });

  await import(/* @vite-ignore */ pathToFileURL(join(folder, 'example.mjs')).href);
  await vi.waitFor(() => expect(printed.at(-1)).toBe('stop'), 15_000);

  const phases = printed.filter((line) => line === 'open');
  const reply = server.log.find((one) => one.event.type === 'reply.completed')?.event;
  const texts = printed.filter((line) => !['connecting', 'open', 'waiting', 'stop'].includes(String(line)));
  expect(phases).toHaveLength(2);
  expect(texts.join('')).toBe(reply?.text);
  expect(new Set(server.received.filter((frame) => frame.type === 'message.send').map((frame) => frame.id)).size).toBe(
    1,
  );
});
