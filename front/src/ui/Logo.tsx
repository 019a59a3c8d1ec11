/** The logo, a bird in two strokes; it turns its head while a reply runs. */

export function Logo({ size, active = false }: { size: number; active?: boolean }) {
  return (
    <svg
      className={active ? 'logo active' : 'logo'}
      width={size}
      height={size}
      viewBox="0 0 32 32"
      strokeWidth={size > 40 ? 2.2 : 2.8}
      aria-hidden="true"
    >
      <g className="bird">
        <path
          className="body"
          d="M3 28C9.500 27.500 12.500 23.500 13.500 17.500 14.500 11 17 6.500 21.500 6.500c3.400 0 5.200 2.300 5.200 5.400 0 7-5.200 13.600-14.200 15"
        />
        <path className="beak" d="m26.700 9.800 3.900 2.200-3.900 1.800" />
      </g>
    </svg>
  );
}
