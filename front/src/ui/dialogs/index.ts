/** The dialogs that are loaded on demand. */
export { ManageDialog } from './ManageDialog';
export { Palette } from './Palette';
export { SettingsDialog } from './SettingsDialog';
export { ShortcutsDialog } from './ShortcutsDialog';
