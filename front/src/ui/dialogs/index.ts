/** The dialogs that are loaded on demand. */
export { ManageDialog } from './ManageDialog';
export { SettingsDialog } from './SettingsDialog';
export { ShortcutsDialog } from './ShortcutsDialog';
