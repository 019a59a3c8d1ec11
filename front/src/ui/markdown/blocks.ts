/**
 * Splits Markdown into top-level blocks with the lexer of `marked`, so that each can be rendered and memoized alone.
 * What would be expensive to parse becomes a block of plain text. Pure.
 */
import { Lexer, type Token } from 'marked';

export type Block =
  | { kind: 'code'; lang: string; text: string; closed: boolean }
  | { kind: 'markdown'; text: string }
  | { kind: 'plain'; text: string };

const MAX_CHARS = 20_000; // characters of one block, or of one line
const MAX_LINES = 400; // lines of one block: a longer table is not read but searched
const MAX_DEPTH = 60; // markers in a row: nesting that nobody wrote by hand
const DEEP = new RegExp(`(?:[>*_~\\[\\]()!|\`#-]\\s?){${MAX_DEPTH},}`);
const FENCE = /^ {0,3}(`{3,}|~{3,})/;
const FOOTNOTE = /^\[\^[^\]\s]+\]:/m;
const REFERENCE = /\][[\]\s]|\][^(:]|\]$/; // a closing bracket that no address follows

function isExpensive(line: string): boolean {
  return line.length > MAX_CHARS || DEEP.test(line.replace(/[-:| ]{3,}/g, ' '));
}

/** Runs of lines, cut so that paragraphs with an expensive line stand alone; lines within fences don't count. */
function segments(text: string): { text: string; expensive: boolean }[] {
  const out: { text: string; expensive: boolean }[] = [];
  let lines: string[] = [];
  let paragraph = 0; // index in `lines` at which the current paragraph begins
  let fence = '';
  let expensive = false;
  const cut = (from: number, to: number, isPlain: boolean) => {
    if (to > from) out.push({ text: lines.slice(from, to).join('\n'), expensive: isPlain });
  };
  const endParagraph = () => {
    if (expensive) {
      cut(0, paragraph, false);
      cut(paragraph, lines.length, true);
      lines = [];
      expensive = false;
    }
    paragraph = lines.length + 1;
  };
  for (const line of text.split('\n')) {
    const marks = FENCE.exec(line)?.[1] ?? '';
    if (fence) {
      if (marks.startsWith(fence) && line.trim() === marks) fence = '';
    } else if (marks) fence = marks;
    else if (isExpensive(line)) expensive = true;
    if (!fence && line.trim() === '') endParagraph();
    lines.push(line);
  }
  endParagraph();
  cut(0, lines.length, false);
  return out;
}

function isTooLong(text: string): boolean {
  return text.length > MAX_CHARS || text.split('\n', MAX_LINES + 1).length > MAX_LINES;
}

function codeBlock(token: Token & { text: string; lang?: string; codeBlockStyle?: 'indented' }): Block {
  const marks = FENCE.exec(token.raw)?.[1];
  const end = token.raw.trimEnd().split('\n').at(-1)?.trim() ?? '';
  const closed = !marks || (token.raw.includes('\n') && end.startsWith(marks) && /^(`+|~+)$/.test(end));
  return { kind: 'code', lang: (token.lang ?? '').split(/\s/)[0] ?? '', text: token.text, closed };
}

function lexed(text: string): Block[] {
  // A footnote and its reference have to be rendered together.
  if (FOOTNOTE.test(text) && !isTooLong(text)) return [{ kind: 'markdown', text }];
  const lexer = new Lexer();
  const tokens = lexer.blockTokens(text.replace(/\r\n|\r/g, '\n'), []);
  const definitions = tokens.flatMap((token) => (token.type === 'def' ? [token.raw.trimEnd()] : [])).join('\n');
  return tokens.flatMap((token): Block[] => {
    if (token.type === 'space' || token.type === 'def') return [];
    if (token.type === 'code') return [codeBlock(token as Parameters<typeof codeBlock>[0])];
    const source = token.raw.replace(/\n+$/, '');
    if (isTooLong(source)) return [{ kind: 'plain', text: source }];
    // Link definitions are anywhere in the text, and every block that may use them gets them.
    return [{ kind: 'markdown', text: definitions && REFERENCE.test(source) ? `${source}\n\n${definitions}` : source }];
  });
}

export function blocksOf(text: string): Block[] {
  return segments(text).flatMap((segment): Block[] => {
    if (segment.expensive) return [{ kind: 'plain', text: segment.text }];
    try {
      return lexed(segment.text);
    } catch {
      return [{ kind: 'plain', text: segment.text }]; // the lexer is recursive: nesting can exhaust the stack
    }
  });
}
