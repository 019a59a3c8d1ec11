"""A client of Myna, and of any server with its protocol: it reconnects, resumes and repeats by itself.

    import asyncio

    from myna.client import Chat


    async def main() -> None:
        async with Chat("http://localhost:5055") as chat:
            turn = await chat.send("What does a quorum queue promise?")  # accepted: it will be answered, whatever crashes
            async for text in turn:
                print(text, end="", flush=True)
            print(f"\\n{turn.parts} parts in {turn.timings.total_ms} ms")

            again = await chat.regenerate(turn)  # one more reply to the same message
            print(await again.reply())


    asyncio.run(main())

Without an event loop, `SyncChat` is the same with plain calls:

    with SyncChat("http://localhost:5055") as chat:
        print(chat.send("hello").reply())
"""

from myna.client.chat import Chat
from myna.client.errors import ClientError, Refused, ReplyFailed, SessionEnded, Unreachable
from myna.client.sync import SyncChat, SyncTurn
from myna.client.turn import Turn

__all__ = ["Chat", "ClientError", "Refused", "ReplyFailed", "SessionEnded", "SyncChat", "SyncTurn", "Turn", "Unreachable"]
