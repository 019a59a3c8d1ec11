// Starts `myna mock` for JavaScript tests. With Vitest, as a file of `globalSetup`:
//
//   import { startMock } from './mock-fixture.mjs';
//   export default async ({ provide }) => {
//     const mock = await startMock();
//     provide('mockUrl', mock.url); // in a test: new OpenAI({ baseURL: `${inject('mockUrl')}/v1`, apiKey: 'this-test' })
//     return mock.stop;
//   };

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A mock of one's own: its URL, and how to stop it. `command` is where `myna` is; `args` are those of `myna mock`. */
export async function startMock({ command = 'myna', args = [] } = {}) {
  const child = spawn(command, ['mock', '--port', '0', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('close', resolve));
  const failed = new Promise((_, reject) => {
    child.once('error', reject);
    child.once('close', (code) => reject(new Error(`myna mock ended with exit code ${code}`)));
  });
  failed.catch(() => {});
  const line = await Promise.race([new Promise((resolve) => createInterface(child.stdout).once('line', resolve)), failed]);
  return {
    url: line.split(' ').at(-1),
    async stop() {
      child.kill();
      await ended;
    },
  };
}
