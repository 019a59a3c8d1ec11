"""What people are told when a node can be used: one line where a program reads it, some more on a terminal."""

from typing import assert_never

from myna.settings import Settings, is_loopback


def banner(settings: Settings, url: str, *, terminal: bool, responder: bool) -> str:
    """The lines to print, each with its line feed. `responder`: this process answers too."""
    first = f"Myna is on {url}\n"
    if not terminal:
        return first
    rows = [("broker", _broker(settings)), ("database", _database(settings)), ("answers", _answers(settings, responder=responder))]
    if is_loopback(settings.host):
        rows.append(("open to", "this machine only"))
    elif settings.admin_token is None and settings.operator_open:
        rows.append(("open to", f"whoever reaches {settings.host}, the operator's routes too"))
    else:
        rows.append(("open to", f"whoever reaches {settings.host}"))
    rows += [("look", f"{url}/pipeline, `myna doctor`, CHAT_LOG_LEVEL=debug"), ("stop", "Ctrl+C: open replies are finished first")]
    return first + "".join(f"  {name:<9} {text}\n" for name, text in rows)


def _broker(settings: Settings) -> str:
    return f"embedded, its journal in {settings.data_dir}" if settings.embedded_broker else "RabbitMQ, from CHAT_AMQP_URL"


def _database(settings: Settings) -> str:
    return f"embedded Postgres, its files in {settings.data_dir / 'postgres'}" if settings.embedded_database else "from CHAT_DATABASE_URL"


def _answers(settings: Settings, *, responder: bool) -> str:
    if not responder:
        return "by `myna respond` in other processes"
    match settings.brain:
        case "mock":
            return f"mock AI, profile {settings.mock_profile}"
        case "openai":
            return f"{settings.brain_model} by OpenAI's API"
        case _:
            assert_never(settings.brain)
