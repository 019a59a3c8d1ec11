/** Beside the picture: what just happened, and what can be done and looked at. */
import type { Lab } from '../protocol/http';
import { EventLog } from '../ui/pipeline/EventLog';
import { DeadLetters } from './DeadLetters';
import { Experiments } from './Experiments';
import { FaultPanel } from './FaultPanel';
import { LogExplorer } from './LogExplorer';
import type { SendSample } from './SendButtons';
import { type Tab, Tabs } from './Tabs';

export const FIRST_TAB = 'Just now';
const EXPERIMENTS = 'Experiments';

interface Props {
  /** The node tells this browser what it tells operators. */
  operator: boolean;
  /** What can be done here; null where the node can't be broken on purpose. */
  lab: Lab | null;
  send: SendSample;
  tab: string;
  onTab(name: string): void;
  onFault(): void;
}

export function Bench({ operator, lab, send, tab, onTab, onFault }: Props) {
  const begin = lab?.responders ? () => onTab(EXPERIMENTS) : null;
  const tabs: Tab[] = [{ name: FIRST_TAB, content: <EventLog onBegin={begin} /> }];
  if (lab) {
    const { responders } = lab;
    if (responders)
      tabs.push({ name: EXPERIMENTS, content: <Experiments lab={lab} responders={responders} send={send} /> });
    tabs.push({ name: 'Faults', content: <FaultPanel lab={lab} onChange={onFault} /> });
  }
  if (operator) tabs.push({ name: 'Dead letters', content: <DeadLetters lab={lab !== null} send={send} /> });
  tabs.push({ name: 'The log', content: <LogExplorer operator={operator} /> });
  return <Tabs label="The laboratory" tabs={tabs} wanted={tab} onOpen={onTab} />;
}
