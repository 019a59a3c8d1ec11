/** The part of the settings about the user's data: import, deletion, and the end of all of it. */
import { useState } from 'react';
import { useChat } from '../context';
import { Icon } from '../Icon';
import { chooseImport } from '../import-file';
import { toast } from '../toasts';
import { closeDialog, navigate, openDialog } from '../view';

export function YourData() {
  const chat = useChat();
  const importOne = () => {
    closeDialog();
    chooseImport(chat);
  };
  return (
    <fieldset className="setting">
      <legend>Your data</legend>
      <p>An exported conversation can be dropped anywhere on the page, too.</p>
      <div className="setting-actions">
        <button type="button" className="button" onClick={importOne}>
          <Icon name="load" /> Import a conversation…
        </button>
        <button type="button" className="button" onClick={() => navigate({ name: 'calls' })}>
          <Icon name="calls" /> Show your calls
        </button>
        <button type="button" className="button" onClick={() => openDialog('manage')}>
          <Icon name="bin" /> Delete conversations…
        </button>
      </div>
      <ForgetMe />
    </fieldset>
  );
}

function ForgetMe() {
  const { client } = useChat();
  const [asking, setAsking] = useState(false);
  const [running, setRunning] = useState(false);
  const forget = async () => {
    setRunning(true);
    try {
      await client.forget();
      closeDialog();
      navigate({ name: 'new' });
      toast('Everything of yours is deleted. You are somebody new now.');
    } catch (error) {
      setRunning(false);
      toast(`Nothing was deleted. ${error instanceof Error ? error.message : ''}`);
    }
  };
  return (
    <div className="forget">
      <p>
        There is no account: this browser holds the key to what you said. Forgetting you deletes all conversations on
        the server and here, for good.
      </p>
      {asking ? (
        <div className="setting-actions" role="alert">
          <button type="button" className="button danger" disabled={running} onClick={() => void forget()}>
            Delete everything, for good
          </button>
          <button type="button" className="button" disabled={running} onClick={() => setAsking(false)}>
            Keep everything
          </button>
        </div>
      ) : (
        <div className="setting-actions">
          <button type="button" className="button danger" onClick={() => setAsking(true)}>
            Forget me…
          </button>
        </div>
      )}
    </div>
  );
}
