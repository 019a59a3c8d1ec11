/** The messages of a conversation as a tree, and the one path through it that is shown. Pure. */
import type { Turn } from './state';

/** A message on the shown path. */
export interface Step {
  turn: Turn;
  /** Ids of the messages that follow the same reply, this one included, oldest first: a message and its edits. */
  siblings: readonly string[];
  /** The reply shown: its index in `turn.replies`, or their number while it has not started. */
  version: number;
}

/** How the messages hang together. A place is an index into the list of turns. */
interface Tree {
  /** The place of a message, by its own id and by those of its replies. */
  places: ReadonlyMap<string, number>;
  /** The places of those that follow a message or reply (`null`: that begin the conversation). */
  followers: ReadonlyMap<string | null, readonly number[]>;
  /** By place: the message followed, or -1 where there is none or it is not loaded. */
  parents: readonly number[];
  /** By place: the time of the latest activity at the message or below; none for what no path leads to. */
  latest: readonly (string | undefined)[];
  /** The places at which a path begins. */
  tops: readonly number[];
}

const TO_COME = '~'; // sorts after every timestamp: what is still to come is the latest activity
const NONE: readonly number[] = [];

/** What a message follows. A log of the release before does not say, and its conversations have no branches. */
export function parentOf(turns: readonly Turn[], place: number): string | null {
  const parent = turns[place]?.parent;
  return parent === undefined ? (turns[place - 1]?.id ?? null) : parent;
}

function activityOf(turn: Turn): string {
  if (turn.pendingReplies > 0 || turn.at === '') return TO_COME;
  const last = turn.replies.at(-1)?.at ?? '';
  return last > turn.at ? last : turn.at;
}

function treeOf(turns: readonly Turn[]): Tree {
  const places = new Map<string, number>();
  const followers = new Map<string | null, number[]>();
  for (const [place, turn] of turns.entries()) {
    places.set(turn.id, place);
    for (const reply of turn.replies) places.set(reply.id, place);
    const parent = parentOf(turns, place);
    const known = followers.get(parent);
    if (known) known.push(place);
    else followers.set(parent, [place]);
  }
  const parents = turns.map((_, place) => places.get(parentOf(turns, place) ?? '') ?? -1);
  const tops = parents.flatMap((parent, place) => (parent < 0 ? [place] : []));
  return { places, followers, parents, latest: latestOf(turns, followers, parents, tops), tops };
}

/** Parents before their children, then back: clocks differ, so a message may stand before the one that it follows. */
function latestOf(
  turns: readonly Turn[],
  followers: Tree['followers'],
  parents: readonly number[],
  tops: readonly number[],
): readonly (string | undefined)[] {
  const order = [...tops];
  for (let next = 0; next < order.length; next += 1) {
    const turn = turns[order[next] ?? -1];
    if (turn) order.push(...followersOf(followers, turn, null));
  }
  const latest: (string | undefined)[] = turns.map(() => undefined);
  for (const place of order.reverse()) {
    const [turn, parent] = [turns[place], parents[place] ?? -1];
    const own = turn ? activityOf(turn) : '';
    const at = (latest[place] ?? '') > own ? (latest[place] ?? '') : own;
    latest[place] = at;
    if (parent >= 0 && at > (latest[parent] ?? '')) latest[parent] = at;
  }
  return latest;
}

/** Those that follow one version of a message's reply, or any (`null`); what follows the message itself follows all. */
function followersOf(followers: Tree['followers'], turn: Turn, reply: string | null): readonly number[] {
  const own = followers.get(turn.id) ?? NONE;
  const ids = reply === null ? turn.replies.map(({ id }) => id) : [reply];
  const lists = [own, ...ids.map((id) => followers.get(id) ?? NONE)].filter((list) => list.length > 0);
  return lists.length > 1 ? lists.flat().sort((a, b) => a - b) : (lists[0] ?? NONE);
}

function isSameTree(a: readonly Turn[], b: readonly Turn[]): boolean {
  if (a.length !== b.length) return false;
  return a.every((turn, place) => {
    const other = b[place];
    if (turn === other) return true;
    const same = turn.id === other?.id && turn.replies.length === other.replies.length;
    return (
      same &&
      turn.replies.at(-1)?.id === other.replies.at(-1)?.id &&
      turn.parent === other.parent &&
      activityOf(turn) === activityOf(other)
    );
  });
}

/** A path by its places, with the steps that were made of it last. */
interface KnownPath {
  places: readonly number[];
  steps: readonly Step[];
}

/** The last tree and its paths, by tip: a streaming reply makes new turns sixty times a second, and hardly ever another tree. */
let last: { turns: readonly Turn[]; tree: Tree; paths: Map<string | undefined, KnownPath> } = {
  turns: [],
  tree: treeOf([]),
  paths: new Map(),
};

function memoized(turns: readonly Turn[]): typeof last {
  last = isSameTree(last.turns, turns) ? { ...last, turns } : { turns, tree: treeOf(turns), paths: new Map() };
  return last;
}

/** The one with the latest activity. */
function newest(tree: Tree, places: readonly number[]): number | undefined {
  return places.reduce<number | undefined>((best, place) => {
    const at = tree.latest[place];
    if (at === undefined) return best;
    return best === undefined || at >= (tree.latest[best] ?? '') ? place : best;
  }, undefined);
}

/** The version of a message's reply through which the path goes on to `next`; without one, the newest. */
function versionOf(turns: readonly Turn[], place: number, next: number | undefined): number {
  const turn = turns[place];
  if (!turn) return 0;
  const parent = next === undefined ? null : parentOf(turns, next);
  const version = turn.replies.findIndex((reply) => reply.id === parent);
  if (version >= 0) return version;
  return turn.pendingReplies > 0 ? turn.replies.length : Math.max(0, turn.replies.length - 1);
}

/** Up from a message to the first one that is loaded, oldest first. */
function placesUpTo(tree: Tree, place: number): number[] {
  const places: number[] = [];
  for (let one = place; one >= 0; one = tree.parents[one] ?? -1) places.push(one);
  return places.reverse();
}

/** Down from a message along the latest activity; `reply` is the version to go on from, if it was chosen. */
function placesBelow(tree: Tree, turns: readonly Turn[], from: number, reply: string | null): number[] {
  const places: number[] = [];
  let fixed = reply;
  for (let turn = turns[from]; turn; ) {
    const next = newest(tree, followersOf(tree.followers, turn, fixed));
    if (next === undefined) break;
    if (fixed === null && activityOf(turn) > (tree.latest[next] ?? '')) break; // a newer reply that nothing follows yet
    places.push(next);
    fixed = null;
    turn = turns[next];
  }
  return places;
}

function newPath(tree: Tree, turns: readonly Turn[], tip: string | undefined): KnownPath {
  const known = tip === undefined ? undefined : tree.places.get(tip);
  const chosen = known !== undefined && tree.latest[known] !== undefined ? known : undefined;
  const through = chosen ?? newest(tree, tree.tops);
  if (through === undefined) return { places: [], steps: [] };
  const reply = chosen === undefined || turns[chosen]?.id === tip ? null : (tip ?? null);
  const places = [...placesUpTo(tree, through), ...placesBelow(tree, turns, through, reply)];
  let siblings = tree.followers.get(parentOf(turns, places[0] ?? 0)) ?? NONE;
  const steps = places.flatMap((place, depth): Step[] => {
    const turn = turns[place];
    if (!turn) return [];
    const fixed = reply !== null && place === through ? turn.replies.findIndex(({ id }) => id === reply) : -1;
    const version = fixed >= 0 ? fixed : versionOf(turns, place, places[depth + 1]);
    const step = { turn, siblings: siblings.map((one) => turns[one]?.id ?? ''), version };
    siblings = followersOf(tree.followers, turn, turn.replies[version]?.id ?? '');
    return [step];
  });
  return { places, steps };
}

/** The steps of a known path with the turns as they are now; a step stays the same object as long as its turn does. */
function renewed({ places, steps }: KnownPath, turns: readonly Turn[]): readonly Step[] {
  let next: Step[] | null = null;
  for (let depth = 0; depth < steps.length; depth += 1) {
    const [step, turn] = [steps[depth], turns[places[depth] ?? -1]];
    if (!step || !turn || step.turn === turn) continue;
    next ??= steps.slice();
    next[depth] = { ...step, turn };
  }
  return next ?? steps;
}

/**
 * The path that goes through `tip`, a message or reply, and on along the latest activity.
 * Without a tip, or with one that is not loaded, it is the path of the latest activity of all.
 */
export function pathOf(turns: readonly Turn[], tip: string | undefined): readonly Step[] {
  const { tree, paths } = memoized(turns);
  const known = paths.get(tip);
  const path = known ? { ...known, steps: renewed(known, turns) } : newPath(tree, turns, tip);
  paths.set(tip, path);
  return path.steps;
}

/** What a message sent now would follow: the reply shown last, or the message whose reply has not started. */
export function endOf(path: readonly Step[]): string | undefined {
  const step = path.at(-1);
  return step && (step.turn.replies[step.version]?.id ?? step.turn.id);
}

/** Whether the path shows this message or reply. */
export function isOn(path: readonly Step[], id: string): boolean {
  return path.some(({ turn, version }) => turn.id === id || turn.replies[version]?.id === id);
}

/** Whether the message or reply is among the turns. */
export function isLoaded(turns: readonly Turn[], id: string): boolean {
  return turns.some((turn) => turn.id === id || turn.replies.some((reply) => reply.id === id));
}
