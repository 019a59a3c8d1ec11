/** A state under construction: what changes of it is copied once, however many events change it. */
import type { ChatState } from './state';

type RecordName = {
  [name in keyof ChatState]: string extends keyof ChatState[name] ? name : never;
}[keyof ChatState];

type Value<Name extends RecordName> = ChatState[Name][string];

type Mutable<T> = { -readonly [name in keyof T]: T[name] };

export class Draft {
  private next: ChatState;
  private readonly copied = new Set<keyof ChatState>();

  constructor(private readonly base: ChatState) {
    this.next = base;
  }

  /** As it is so far; it is not to be kept before the last change. The very state of the beginning if nothing changed. */
  get state(): ChatState {
    return this.next;
  }

  set<Name extends keyof ChatState>(name: Name, value: ChatState[Name]): void {
    if (this.next[name] === value) return;
    if (this.next === this.base) this.next = { ...this.base };
    (this.next as Mutable<ChatState>)[name] = value;
    this.copied.delete(name); // the value is the caller's
  }

  /** Sets the key of a record, or drops it (`null`). */
  put<Name extends RecordName>(name: Name, key: string, value: Value<Name> | null): void {
    const known = this.next[name][key];
    if (value === null ? !(key in this.next[name]) : known === value) return;
    const record = this.own(name);
    if (value === null) delete record[key];
    else record[key] = value;
  }

  /** The record as this draft's own, which may be changed. */
  private own<Name extends RecordName>(name: Name): Record<string, Value<Name>> {
    if (!this.copied.has(name)) {
      this.set(name, this.copyOf(name));
      this.copied.add(name);
    }
    return this.next[name] as Record<string, Value<Name>>;
  }

  private copyOf<Name extends RecordName>(name: Name): ChatState[Name] {
    return { ...this.next[name] };
  }
}

/** The state with some changes. */
export function drafted(state: ChatState, change: (draft: Draft) => void): ChatState {
  const draft = new Draft(state);
  change(draft);
  return draft.state;
}
