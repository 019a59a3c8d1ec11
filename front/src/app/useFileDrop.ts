/** An exported conversation that is dropped on the page is imported; on the pipeline view it is a trace. Returns whether a file is being dragged over it. */
import { useEffect, useState } from 'react';
import type { Chat } from '../ui/context';
import { importFile } from '../ui/import-file';
import { currentView, showTrace } from '../ui/view';

function hasFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes('Files') ?? false;
}

export function useFileDrop(chat: Chat): boolean {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const onOver = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(true);
    };
    const onLeave = (event: DragEvent) => {
      if (event.relatedTarget === null) setOver(false);
    };
    const onDrop = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(false);
      for (const file of event.dataTransfer?.files ?? []) {
        if (currentView().route.name === 'pipeline') showTrace(file);
        else void importFile(chat, file);
      }
    };
    addEventListener('dragover', onOver);
    addEventListener('dragleave', onLeave);
    addEventListener('drop', onDrop);
    return () => {
      removeEventListener('dragover', onOver);
      removeEventListener('dragleave', onLeave);
      removeEventListener('drop', onDrop);
    };
  }, [chat]);
  return over;
}
