/** Below the picture: what just happened, and what can be done and looked at. */
import { useChat } from '../ui/context';
import { EventLog } from '../ui/pipeline/EventLog';
import { laboratory } from './api';
import { DeadLetters } from './DeadLetters';
import { Experiments } from './Experiments';
import { FaultPanel } from './FaultPanel';
import { LogExplorer } from './LogExplorer';
import type { SendSample } from './SendButtons';
import { type Tab, Tabs } from './Tabs';
import { usePolled } from './usePolled';

const POLL_MS = 1_000;

export const FIRST_TAB = 'Just now';

interface Props {
  /** The node tells this browser what it tells operators. */
  operator: boolean;
  /** The node can be broken on purpose. */
  lab: boolean;
  send: SendSample;
  tab: string;
  onTab(name: string): void;
}

export function Bench({ operator, lab, send, tab, onTab }: Props) {
  const { api } = useChat();
  const { value, now } = usePolled(lab ? () => laboratory(api) : null, POLL_MS);
  const tabs: Tab[] = [{ name: FIRST_TAB, content: <EventLog /> }];
  if (value) {
    const { responders } = value;
    if (responders)
      tabs.push({ name: 'Experiments', content: <Experiments lab={value} responders={responders} send={send} /> });
    tabs.push({ name: 'Faults', content: <FaultPanel lab={value} onChange={now} /> });
  }
  if (operator) tabs.push({ name: 'Dead letters', content: <DeadLetters lab={lab} send={send} /> });
  tabs.push({ name: 'The log', content: <LogExplorer operator={operator} /> });
  return <Tabs label="The laboratory" tabs={tabs} wanted={tab} onOpen={onTab} />;
}
