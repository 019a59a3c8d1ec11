/** What the first visit can do without: views and dialogs, loaded when the page is idle, or when they are needed. */
import type { ComponentType } from 'react';
import { type Chunk, chunk } from '../ui/chunk';
import { Lazy } from '../ui/Lazy';
import { preloadMarkdown } from '../ui/markdown/Markdown';
import type { DialogName, ViewName } from '../ui/view';

export const VIEWS: Record<ViewName, Chunk<ComponentType>> = {
  pipeline: chunk(async () => (await import('../lab/Laboratory')).Laboratory),
  calls: chunk(async () => (await import('../calls/CallsView')).CallsView),
};
const dialogs = chunk(() => import('../ui/dialogs'));

export function preload(): void {
  preloadMarkdown();
  dialogs.load();
  VIEWS.pipeline.load();
}

export function LazyDialog({ name }: { name: DialogName }) {
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
