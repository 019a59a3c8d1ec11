"""Figures: more responders and more nodes, where the model's latency is the bound and not ours."""

from contextlib import AsyncExitStack

from tests.bench.measurement import Figure, put_load
from tests.bench.plan import Plan
from tests.bench.report import Table
from tests.bench.speed import scenario_file
from tests.bench.targets import Services, myna

PREFETCH = 8  # deliveries in a responder's hands: small, so that the model's half second is the bound


async def responders_and_nodes(services: Services, plan: Plan) -> list[Table]:
    """Turns a second with a model that thinks for half a second."""
    table = Table(
        f"Scale: {plan.thinking} sockets, a model that takes half a second, {PREFETCH} deliveries in a responder's hands",
        ("", "turns/s", "÷ one", "p50 ms"),
        "Responders are added until the sockets wait for the model alone; a second node takes half of the sockets.",
    )
    first: Figure | None = None
    for nodes in plan.nodes:
        for responders in plan.responders:
            async with AsyncExitStack() as stack:
                environment = {"CHAT_MOCK_SCENARIOS": scenario_file(), "CHAT_PREFETCH": str(PREFETCH)}
                target = await stack.enter_async_context(myna(services, nodes=nodes, responders=responders, **environment))
                runs = [
                    await put_load(target, services, "turns", sockets=plan.thinking, seconds=plan.seconds, scenario="model")
                    for _ in range(plan.rounds)
                ]
            rate = Figure([run.rate for run in runs])
            first = first or rate
            p50 = Figure([run.seen["whole_ms"]["p50"] for run in runs])
            name = f"{nodes} node{'s' * (nodes > 1)}, {responders} responder{'s' * (responders > 1)}"
            table.add(name, rate.text(), f"{rate.over(first):.2f}", p50.text())
    return [table]
