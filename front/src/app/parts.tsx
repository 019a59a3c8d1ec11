/** The parts of the page that the first visit can do without; they are loaded when it is idle, or when they are needed. */
import { chunk } from '../ui/chunk';
import { Lazy } from '../ui/Lazy';
import { preloadMarkdown } from '../ui/markdown/Markdown';
import type { DialogName } from '../ui/view';

const laboratory = chunk(() => import('../lab/Laboratory'));
const calls = chunk(() => import('../calls/CallsView'));
const dialogs = chunk(() => import('../ui/dialogs'));

export function preloadParts(): void {
  preloadMarkdown();
  dialogs.load();
  laboratory.load();
}

export function PipelinePart() {
  return <Lazy source={laboratory}>{({ Laboratory }) => <Laboratory />}</Lazy>;
}

export function CallsPart() {
  return <Lazy source={calls}>{({ CallsView }) => <CallsView />}</Lazy>;
}

export function DialogPart({ name }: { name: DialogName }) {
  return (
    <Lazy source={dialogs}>
      {({ ManageDialog, Palette, SettingsDialog, ShortcutsDialog }) => {
        if (name === 'palette') return <Palette />;
        if (name === 'settings') return <SettingsDialog />;
        return name === 'manage' ? <ManageDialog /> : <ShortcutsDialog />;
      }}
    </Lazy>
  );
}
