"""What real processes tell: people where the page is, whatever the log looks like, and the log that a clean end was one."""

from tests.services.processes import until
from tests.services.stack import Stack


async def test_a_node_tells_people_where_the_page_is_and_every_process_tells_its_log_that_it_has_stopped(stack: Stack) -> None:
    node, responder = await stack.add_node(), await stack.add_responder()

    async def told() -> bool:
        started = bool(responder.logged("responder.started"))
        return started and f"Myna is on http://localhost:{node.port}" in node.log.read_text().splitlines()

    await until(told, 60, "the address of the page")
    assert not node.logged("node.stopped")
    for process, event in ((node, "node.stopped"), (responder, "responder.stopped")):
        process.terminate()
        await process.ended(60)
        assert (process.exit_code, len(process.logged(event))) == (0, 1)
        assert f'"{event}"' in process.log.read_text().splitlines()[-1]
