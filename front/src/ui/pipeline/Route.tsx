/** The route as a list of boxes in the order of the way; the style lays them out as a picture where there is room. */
import type { Facts } from './facts';
import { RouteBack } from './RouteBack';
import { RouteThere } from './RouteThere';

export function Route({ facts }: { facts: Facts }) {
  return (
    <ol className="route" aria-label="The route of a message">
      <RouteThere facts={facts} />
      <RouteBack facts={facts} />
    </ol>
  );
}
