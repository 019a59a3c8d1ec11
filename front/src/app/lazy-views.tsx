/** What the first visit can do without: views and dialogs, loaded when the page is idle, or when they are needed. */
import { type ComponentType, useEffect } from 'react';
import { type Chunk, chunk, loaded, useChunk } from '../ui/chunk';
import { preloadMarkdown } from '../ui/markdown/Markdown';
import { toast } from '../ui/toasts';
import { closeDialog, type DialogName, openDialog, type ViewName } from '../ui/view';

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

/** One that can't be loaded is closed again, and says so: a dialog that is not there would still take the keys. */
export function LazyDialog({ name }: { name: DialogName }) {
  const { value } = useChunk(dialogs, false);
  useEffect(() => {
    let wanted = true;
    void loaded(dialogs).then(() => {
      if (!wanted || dialogs.state().value) return;
      closeDialog();
      toast('This part of the page could not be loaded.', { name: 'Load it again', run: () => openDialog(name) });
    });
    return () => {
      wanted = false;
    };
  }, [name]);
  if (!value) return null;
  const { ManageDialog, Palette, SettingsDialog, ShortcutsDialog } = value;
  if (name === 'palette') return <Palette />;
  if (name === 'settings') return <SettingsDialog />;
  return name === 'manage' ? <ManageDialog /> : <ShortcutsDialog />;
}
