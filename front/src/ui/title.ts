/** The title of a conversation as it is shown: a slash command is named by what it makes. */

const NAMES: Record<string, (argument: string) => string> = {
  '/help': () => 'Help',
  '/code': (language) => (language ? `Code in ${language}` : 'Code'),
  '/table': (rows) => (rows ? `Table, ${rows} rows` : 'Table'),
  '/list': (items) => (items ? `List, ${items} items` : 'List'),
  '/markdown': () => 'All of Markdown',
  '/long': (paragraphs) => (paragraphs ? `Long, ${paragraphs} paragraphs` : 'Long'),
  '/words': (number) => (number ? `${number} words` : 'Words'),
  '/slow': (seconds) => (seconds ? `Slow, ${seconds} s` : 'Slow'),
  '/sleep': (seconds) => (seconds ? `Silent for ${seconds} s` : 'Silent at first'),
  '/fail': (code) => (code ? `Failure: ${code}` : 'Failure'),
  '/cut': () => 'Cut short',
  '/echo': (text) => text || 'Echo',
  '/emoji': () => 'Emoji',
  '/rtl': () => 'Right to left',
  '/seed': () => 'Seed',
};

export function displayTitle(title: string): string {
  const [, command = '', argument = ''] = /^(\/\w+)(?:\s+(.*))?$/s.exec(title.trim()) ?? [];
  return NAMES[command]?.(argument.trim()) ?? title;
}
