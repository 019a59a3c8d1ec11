/** What the experiments do, and look at: messages, faults and this tab's frames since the experiment began. */
import type { TraceEntry } from '../chat/recording';
import type { LabResponders } from '../protocol/http';
import type { ChatApi } from '../transport/api';
import { useChat } from '../ui/context';
import { beginFault, laboratory, setResponders } from './api';
import type { Tools } from './experiment';
import type { SendSample } from './SendButtons';

const LOOK_MS = 100;
const LEAVING_MS = 500; // a responder that leaves has cancelled its consumer by then
const LONGEST_MS = 60_000; // an experiment that has shown nothing by then has failed

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Sets the responders, and waits until those that go have stopped taking messages and the new ones have begun. */
async function settled(api: ChatApi, order: { count?: number; prefetch?: number }): Promise<void> {
  let { count, workers } = await setResponders(api, order);
  while (workers.length !== count || workers.some((one) => one.state !== 'running')) {
    await wait(LOOK_MS);
    const { responders } = await laboratory(api);
    if (responders) ({ count, workers } = responders);
  }
  await wait(LEAVING_MS);
}

/** Returns what begins an experiment. */
export function useTools(set: LabResponders, send: SendSample): () => Tools {
  const { api, client } = useChat();
  return () => {
    const begun = Date.now();
    const entries = () => client.recorder.entries.filter((entry) => entry.at >= begun);
    return {
      send,
      fault: async (name, order) => void (await beginFault(api, name, order)),
      responders: (order) => settled(api, order),
      before: { count: set.count, prefetch: set.prefetch },
      pause: wait,
      async until<T>(look: (entries: readonly TraceEntry[]) => T | null): Promise<T> {
        while (Date.now() < begun + LONGEST_MS) {
          const found = look(entries());
          if (found !== null) return found;
          await wait(LOOK_MS);
        }
        throw new Error('Nothing was seen within a minute.');
      },
    };
  };
}
