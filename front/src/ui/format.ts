/** Formats times and numbers in the user's locale and time zone. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

export function clockTime(at: number | string): string {
  return new Date(at).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' });
}

/** To the second, for what comes several times a minute. */
export function secondsTime(at: string): string {
  return new Date(at).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
}

export function exactTime(at: number | string): string {
  return new Date(at).toLocaleString(undefined, { dateStyle: 'full', timeStyle: 'medium' });
}

/** "just now", "5 min ago", then the time of day: the day has its own heading. */
export function shortTime(at: number | string, now: number): string {
  const gone = now - new Date(at).getTime();
  if (gone < MINUTE) return 'just now';
  if (gone < HOUR) return `${Math.floor(gone / MINUTE)} min ago`;
  return clockTime(at);
}

/** "now", "5 min", "3 h", then days: for a list that is grouped by day. */
export function shortAge(at: string, now: number): string {
  const gone = now - new Date(at).getTime();
  if (gone < MINUTE) return 'now';
  if (gone < HOUR) return `${Math.floor(gone / MINUTE)} min`;
  if (gone < 24 * HOUR) return `${Math.floor(gone / HOUR)} h`;
  if (gone < 30 * 24 * HOUR) return `${Math.floor(gone / (24 * HOUR))} d`;
  return new Date(at).toLocaleDateString(undefined, { month: 'short', year: 'numeric' });
}

export function dayKey(at: string): string {
  const date = new Date(at);
  return `${date.getFullYear()}-${date.getMonth()}-${date.getDate()}`;
}

export function dayName(at: string, now: Date): string {
  const date = new Date(at);
  const start = (day: Date) => new Date(day.getFullYear(), day.getMonth(), day.getDate()).getTime();
  const days = Math.round((start(now) - start(date)) / (24 * HOUR));
  if (days === 0) return 'Today';
  if (days === 1) return 'Yesterday';
  const year = date.getFullYear() === now.getFullYear() ? {} : ({ year: 'numeric' } as const);
  return date.toLocaleDateString(undefined, { weekday: 'long', day: 'numeric', month: 'long', ...year });
}

/** The time of day if it was today, else the day, in the locale's short form. */
export function dayOrTime(at: string, now: Date): string {
  if (dayKey(at) === dayKey(now.toISOString())) return clockTime(at);
  return new Date(at).toLocaleDateString(undefined, { day: 'numeric', month: 'short' });
}

export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${(ms / 1_000).toFixed(2)} s`;
  return ms < MINUTE
    ? `${(ms / 1_000).toFixed(1)} s`
    : `${Math.floor(ms / MINUTE)} min ${Math.round((ms % MINUTE) / 1_000)} s`;
}

export function count(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  return value.toLocaleString(undefined, { maximumFractionDigits: value < 10 ? 1 : 0 });
}

/** A refusal that passes, without what it says to programs after the semicolon. */
export function whyItWaits(detail: string): string {
  return `${detail.split(/[;.]/)[0]}. It is sent again by itself.`;
}

const ORDINALS = new Intl.PluralRules('en', { type: 'ordinal' }); // the page speaks English
const ENDINGS: Record<string, string> = { one: 'st', two: 'nd', few: 'rd' };

export function ordinal(place: number): string {
  return `${count(place)}${ENDINGS[ORDINALS.select(place)] ?? 'th'}`;
}
