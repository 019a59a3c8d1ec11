// @vitest-environment happy-dom
/** A text is copied also where the browser has no clipboard for scripts. */
import { cleanup, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, expect, it, vi } from 'vitest';
import { CopyButton } from '../../src/ui/CopyButton';
import { show } from './setup';

afterEach(cleanup);

it('selects the text and copies that, and gives the focus back', async () => {
  const user = userEvent.setup({ writeToClipboard: false });
  vi.spyOn(navigator.clipboard, 'writeText').mockRejectedValue(new DOMException('refused', 'NotAllowedError'));
  let selected = '';
  document.execCommand = () => {
    selected = document.querySelector('textarea')?.value ?? '';
    return true;
  };
  show(<CopyButton text="a key" label="Copy the key" />);
  await user.click(screen.getByRole('button', { name: 'Copy the key' }));
  expect(await screen.findByRole('button', { name: 'Copied' })).toBe(document.activeElement);
  expect(selected).toBe('a key');
  expect(document.querySelector('textarea')).toBeNull();
});
