/** The files of the project that the laboratory names, as they were when the page was built. Each is loaded when it is opened. */

const FILES = import.meta.glob<string>(
  [
    '../../../backend/myna/broker/port.py',
    '../../../backend/myna/core/hub.py',
    '../../../backend/myna/core/idempotency.py',
    '../../../backend/myna/core/projection.py',
    '../../../backend/myna/core/window.py',
    '../../../backend/myna/pipeline/log_reader.py',
    '../../../backend/myna/pipeline/recorder.py',
    '../../../backend/myna/pipeline/reply_progress.py',
    '../../../backend/myna/pipeline/responder.py',
    '../../../backend/myna/pipeline/submissions.py',
    '../../../backend/myna/pipeline/watchdog.py',
    '../../../backend/myna/protocol/topology.py',
    '../../../backend/myna/store/postgres/writing.py',
    '../../../backend/myna/web/websocket/connection.py',
    '../../../tests/contract/test_broker.py',
    '../../../tests/contract/test_broker_dead_letters.py',
    '../../../tests/contract/test_broker_log.py',
    '../../../tests/contract/test_store.py',
    '../../../tests/faults/test_broker_faults.py',
    '../../../tests/faults/test_postgres_faults.py',
    '../../../tests/faults/test_responder_faults.py',
    '../../../tests/faults/test_socket_faults.py',
    '../../../tests/simulation/test_simulation.py',
    '../../../tests/unit/core/test_hub.py',
    '../../../tests/unit/pipeline/test_submissions.py',
    '../../../tests/unit/pipeline/test_watchdog.py',
  ],
  { query: '?raw', import: 'default' },
);

/** What loads a file's text, by its path from the root of the repository; undefined where the page was built without it. */
export function sourceFile(path: string): (() => Promise<string>) | undefined {
  return FILES[`../../../${path}`];
}

/** The lines of one function of a Python file, with its decorators; the whole text where it is not in it. */
export function functionIn(text: string, name: string): string {
  const lines = text.split('\n');
  const at = lines.findIndex((line) => line.startsWith(`def ${name}(`) || line.startsWith(`async def ${name}(`));
  if (at < 0) return text;
  let first = at;
  while (first > 0 && lines[first - 1]?.startsWith('@')) first -= 1;
  const rest = lines.slice(at + 1).findIndex((line) => /^[^\s)]/.test(line));
  return lines
    .slice(first, rest < 0 ? lines.length : at + 1 + rest)
    .join('\n')
    .trimEnd();
}
