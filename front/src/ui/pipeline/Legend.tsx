/** What the picture's signs mean. */

export function Legend() {
  return (
    <ul className="legend" aria-label="What the signs mean">
      <li>
        <i className="slot mine" /> yours
      </li>
      <li>
        <i className="slot other" /> somebody else’s
      </li>
      <li>
        <i className="slot" /> free
      </li>
      <li>
        <i className="legend-tick" /> a record of the log, the newest at the right
      </li>
      <li>
        <i className="legend-cursor" /> a cursor: read up to here
      </li>
      <li>
        <i className="legend-dot" /> leaves this page
      </li>
      <li>
        <i className="legend-dot machine" /> yours on its way, when it moves; of many, a sample
      </li>
    </ul>
  );
}
