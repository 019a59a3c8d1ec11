/** The settings: theme, the key that sends, and the user's data. */
import { type SendKey, setSendKey, useSendKey } from '../settings';
import { setTheme, type Theme, useTheme } from '../theme';
import { Dialog, DialogHeader } from './Dialog';
import { YourData } from './YourData';

interface ChoiceProps<T extends string> {
  legend: string;
  value: T;
  options: readonly (readonly [T, string])[];
  onChange(value: T): void;
}

function Choice<T extends string>({ legend, value, options, onChange }: ChoiceProps<T>) {
  return (
    <fieldset className="setting">
      <legend>{legend}</legend>
      {options.map(([option, label]) => (
        <label key={option}>
          <input
            type="radio"
            name={legend}
            value={option}
            checked={option === value}
            onChange={() => onChange(option)}
          />
          {label}
        </label>
      ))}
    </fieldset>
  );
}

const THEMES: readonly (readonly [Theme, string])[] = [
  ['system', 'As the system'],
  ['light', 'Light'],
  ['dark', 'Dark'],
];
const SEND_KEYS: readonly (readonly [SendKey, string])[] = [
  ['Enter', 'Enter (Shift+Enter breaks the line)'],
  ['Ctrl+Enter', 'Ctrl+Enter or ⌘+Enter (Enter breaks the line)'],
];

export function SettingsDialog() {
  const theme = useTheme();
  const sendKey = useSendKey();
  return (
    <Dialog label="Settings">
      <DialogHeader title="Settings" />
      <div className="settings">
        <Choice legend="Theme" value={theme} options={THEMES} onChange={setTheme} />
        <Choice legend="Send a message with" value={sendKey} options={SEND_KEYS} onChange={setSendKey} />
        <YourData />
      </div>
    </Dialog>
  );
}
