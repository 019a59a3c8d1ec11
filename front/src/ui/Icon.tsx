/** The icons: one stroke width, one grid of 24. */

const PATHS = {
  plus: 'M12 5v14M5 12h14',
  search: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM16 16l4.500 4.500',
  menu: 'M4 7h16M4 12h16M4 17h10',
  panel:
    'M4 6.500A1.500 1.500 0 0 1 5.500 5h13A1.500 1.500 0 0 1 20 6.500v11a1.500 1.500 0 0 1-1.500 1.500h-13A1.500 1.500 0 0 1 4 17.500zM9.500 5v14',
  close: 'M6 6l12 12M18 6L6 18',
  up: 'M12 19V5.500M6 11l6-6 6 6',
  down: 'M12 5v13.500M6 13l6 6 6-6',
  stop: 'M7.500 7.500h9v9h-9z',
  copy: 'M9 9h10v11H9zM5 15V4h10',
  check: 'M5 12.500l4.500 4.500L19 7',
  checks: 'M2.500 12.500L7 17l8.500-9.500M11.500 16l1.500 1L21.500 7.500',
  clock: 'M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16ZM12 8v4.500l3 1.500',
  alert: 'M12 7v6M12 16.500v.1M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Z',
  again: 'M19.500 12a7.500 7.500 0 1 1-2.200-5.300M19.500 4v4h-4',
  left: 'M14.500 6l-6 6 6 6',
  right: 'M9.500 6l6 6-6 6',
  more: 'M6 12h.01M12 12h.01M18 12h.01',
  pin: 'M9 4h6l-.5 6 3 3.500h-11l3-3.500zM12 13.500V20',
  pen: 'M5 19l1-4L16 5l3 3L9 18zM14 7l3 3',
  bin: 'M5 7h14M10 7V5h4v2M7 7l.8 12h8.400L17 7M10.500 11v5M13.500 11v5',
  save: 'M12 4v11M7.500 11l4.500 4.500L16.500 11M5 19.500h14',
  load: 'M12 15.500V4.500M7.500 9L12 4.500 16.500 9M5 19.500h14',
  sun: 'M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM12 3v1.500M12 19.500V21M3 12h1.500M19.500 12H21M5.600 5.600l1.100 1.100M17.300 17.300l1.100 1.100M5.600 18.400l1.100-1.100M17.300 6.700l1.100-1.100',
  moon: 'M19 14.500A7.500 7.500 0 0 1 9.500 5a7.500 7.500 0 1 0 9.500 9.500Z',
  half: 'M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16ZM12 4v16M12 8l6-2M12 12h8M12 16l6 2',
  keys: 'M4 7h16v10H4zM7.500 10.500h.01M11 10.500h.01M14.500 10.500h.01M8 13.800h8',
  slash: 'M14.500 5l-5 14',
  dial: 'M5 8h8M17 8h2M5 16h2M11 16h8M15 10a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM9 18a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z',
  route:
    'M5 12h14M5 14a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM12 14a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM19 14a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z',
  chat: 'M5 5.500h14v10h-8l-4 3.500v-3.500H5z',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} strokeWidth={name === 'more' ? 2.6 : undefined} />
    </svg>
  );
}
