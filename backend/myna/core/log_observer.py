"""What follows the log on one node implements this, and the relay calls it."""

from myna.core.fold_rules import FoldResult


class LogObserver:
    """Calls in the order of the log; none may wait. Each does nothing unless overridden."""

    def catching_up(self) -> None:
        """Reading begins or begins again: until `caught_up`, what is read is old."""

    def log_replaced(self) -> None:
        """The log that was read is no more; the next records are another one's."""

    def observe(self, folded: FoldResult) -> None:
        """One record was folded into the projection."""

    def batch_read(self) -> None:
        """The records that came together have all been observed."""

    def caught_up(self, began_at: float) -> None:
        """Everything is read that was in the log at `began_at`, in seconds of the event loop's clock."""
