/** The foot of the sidebar: the state of the connection, import, settings, shortcuts and theme. */
import { useChat, useChatState } from '../context';
import { Icon, type IconName } from '../Icon';
import { chooseImport } from '../import-file';
import { withKeys } from '../shortcuts';
import { setTheme, type Theme, useTheme } from '../theme';
import { openDialog } from '../view';

const NEXT_THEME: Record<Theme, Theme> = { system: 'light', light: 'dark', dark: 'system' };
const THEME_ICON = { system: 'half', light: 'sun', dark: 'moon' } as const;
const CONNECTION_LABELS = {
  idle: 'Starting',
  connecting: 'Connecting',
  open: 'Connected',
  waiting: 'Reconnecting',
  offline: 'Offline',
};

function FooterButton({
  icon,
  label,
  title,
  onClick,
}: {
  icon: IconName;
  label: string;
  title: string;
  onClick(): void;
}) {
  return (
    <button type="button" className="icon-button" aria-label={label} title={title} onClick={onClick}>
      <Icon name={icon} />
    </button>
  );
}

export function SidebarFooter() {
  const chat = useChat();
  const phase = useChatState((state) => state.connection.phase);
  const theme = useTheme();
  return (
    <div className="sidebar-foot">
      <span className={`connection-status ${phase}`}>
        <span className="dot" />
        {CONNECTION_LABELS[phase]}
      </span>
      <FooterButton
        icon="load"
        label="Import a conversation"
        title={withKeys('Import a conversation that was exported as JSON', 'load')}
        onClick={() => chooseImport(chat)}
      />
      <FooterButton
        icon="gear"
        label="Settings"
        title={withKeys('Settings', 'settings')}
        onClick={() => openDialog('settings')}
      />
      <FooterButton
        icon="keys"
        label="Keyboard shortcuts"
        title={withKeys('Keyboard shortcuts', 'shortcuts')}
        onClick={() => openDialog('shortcuts')}
      />
      <FooterButton
        icon={THEME_ICON[theme]}
        label={`Theme: ${theme}. Change it`}
        title={withKeys(`Theme: ${theme}. Next: ${NEXT_THEME[theme]}`, NEXT_THEME[theme])}
        onClick={() => setTheme(NEXT_THEME[theme])}
      />
    </div>
  );
}
