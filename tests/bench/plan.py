"""How long and how large: the whole benchmark, and the small one that only shows that it works."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """Sizes of one run of the benchmark."""

    rounds: int = 3  # interleaved: all targets once, then all again
    seconds: float = 5.0  # measured, for each target and round
    sockets: tuple[int, ...] = (50, 200)
    streaming: int = 500  # sockets
    reply_parts: tuple[int, ...] = (1, 10, 60, 300)  # of streamed replies, in closed loop
    replying: int = 256  # sockets in closed loop
    # Open loop: sockets, and replies of 60 parts that are due a second over all of them. A reply takes 1.2 s, so 100 sockets take 80.
    open_loops: tuple[tuple[int, float], ...] = ((100, 60.0), (1_000, 150.0), (5_000, 150.0))
    idle: int = 4_000  # sockets
    storm: int = 2_000  # sockets
    grown: tuple[int, ...] = (0, 100_000, 1_000_000)  # stored messages
    backlog: int = 1_000_000  # events
    responders: tuple[int, ...] = (1, 2, 4)
    nodes: tuple[int, ...] = (1, 2)
    thinking: int = 600  # sockets that wait for a model
    minutes: float = 30.0  # of steady load, for the memory


WHOLE = Plan()
HEADLINE = Plan(rounds=1, seconds=4.0)
QUICK = Plan(
    rounds=1,
    seconds=1.5,
    sockets=(20,),
    streaming=20,
    reply_parts=(1, 60),
    replying=16,
    open_loops=((20, 10.0),),
    idle=50,
    storm=50,
    grown=(0, 2_000),
    backlog=5_000,
    responders=(1, 2),
    nodes=(1,),
    thinking=20,
    minutes=0.1,
)
