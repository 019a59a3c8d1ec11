/** What the fake server refuses, with the codes of the real one. */

const FRAME_BYTES = 64 * 1024;
const TEXT_CHARS = 8_000;
export const LIMITS = { frame_bytes: FRAME_BYTES, text_chars: TEXT_CHARS, waiting_messages: 8 };

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const FIELDS = {
  ping: ['nonce'],
  'message.send': ['id', 'conversation_id', 'text', 'options', 'parent_id'],
  'reply.regenerate': ['id', 'conversation_id', 'message_id', 'options'],
  'reply.stop': ['conversation_id', 'message_id'],
};

const OPTIONAL = ['nonce', 'options', 'parent_id', 'text']; // a text has a code of its own

const invalid = (detail, ref) => ({ type: 'error', code: 'invalid_frame', detail, ...(ref ? { ref } : {}) });

/** The frame, or the error that answers it. */
export function parsed(data) {
  let frame;
  try {
    frame = JSON.parse(String(data));
  } catch {
    return { error: invalid('The frame is not JSON.') };
  }
  const known = FIELDS[frame?.type];
  if (!known) return { error: invalid('The frame has no known type.') };
  const missing = known.find((field) => !OPTIONAL.includes(field) && frame[field] === undefined);
  if (missing) return { error: invalid(`${missing} is missing.`, frame.id) };
  for (const [field, value] of Object.entries(frame)) {
    if (field === 'type') continue;
    if (!known.includes(field)) return { error: invalid(`${field} is not known.`, frame.id) };
    const mayBeNull = field === 'parent_id' && value === null;
    if (field.endsWith('id') && !mayBeNull && !UUID.test(value))
      return { error: invalid(`${field} takes a UUID.`, frame.id) };
  }
  const why = frame.type === 'message.send' ? whyNotText(frame.text) : '';
  return why ? { error: { type: 'error', code: 'invalid_text', detail: why, ref: frame.id } } : { frame };
}

function whyNotText(text) {
  if (typeof text !== 'string' || text.trim() === '') return 'The text is empty.';
  if (Array.from(text).length > TEXT_CHARS) return `The text has more than ${TEXT_CHARS} characters.`;
  return text.includes('\0') || !text.isWellFormed() ? 'The text holds what is no character.' : '';
}
