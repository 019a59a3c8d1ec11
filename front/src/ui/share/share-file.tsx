/** Writes a conversation as one HTML file that opens anywhere: no script, nothing to fetch, everything escaped. */
import { flushSync } from 'react-dom';
import { createRoot } from 'react-dom/client';
import type { Clock } from '../../chat/state';
import type { Step } from '../../chat/tree';
import { loaded } from '../chunk';
import { highlighter } from '../markdown/CodeBlock';
import prose from '../style/prose.css?inline';
import tokens from '../style/tokens.css?inline';
import xray from '../style/xray.css?inline';
import { SharedConversation } from './SharedConversation';
import own from './share.css?inline';

/** No script runs in the file and nothing is fetched, whatever the conversation says. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
const FONT_FACES = /@font-face\s*\{[^}]*\}/g; // files of the server

interface Content {
  title: string;
  path: readonly Step[];
  clocks: Readonly<Record<string, Clock>>;
}

/** The elements of the conversation, without the buttons that would do nothing. */
function contentOf(content: Content): DocumentFragment {
  const host = document.createElement('div');
  const root = createRoot(host);
  flushSync(() => root.render(<SharedConversation {...content} />));
  const copy = document.createDocumentFragment();
  for (const child of host.childNodes) copy.append(child.cloneNode(true));
  root.unmount();
  for (const button of copy.querySelectorAll('button')) button.remove();
  return copy;
}

function add(parent: Element, name: string, attributes: Record<string, string>, text = ''): void {
  const element = parent.ownerDocument.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
  element.textContent = text;
  parent.append(element);
}

export async function sharedFile(content: Content): Promise<string> {
  await loaded(highlighter);
  const file = document.implementation.createHTMLDocument('');
  file.documentElement.lang = 'en';
  file.head.replaceChildren();
  add(file.head, 'meta', { charset: 'utf-8' });
  add(file.head, 'meta', { 'http-equiv': 'Content-Security-Policy', content: POLICY });
  add(file.head, 'meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' });
  add(file.head, 'meta', { name: 'referrer', content: 'no-referrer' });
  add(file.head, 'title', {}, `${content.title} · Myna`);
  add(file.head, 'style', {}, [tokens.replace(FONT_FACES, ''), prose, xray, own].join('\n'));
  file.body.append(contentOf(content));
  return `<!doctype html>\n${file.documentElement.outerHTML}\n`;
}
