"""The two documents as one HTML page for people: no script, nothing from elsewhere."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

Schema = dict[str, Any]

STYLE = """
:root { color-scheme: light dark; --paper: light-dark(#faf6ee, #191713); --surface: light-dark(#f2ebdd, #23201a);
  --line: light-dark(#e0d6c3, #3a352b); --ink: light-dark(#26211a, #ece5d6); --soft: light-dark(#665d4e, #aaa08c);
  --accent: light-dark(#8a5000, #f5b754); --machine: light-dark(#2c6877, #7fbccb); --mono: ui-monospace, Menlo, Consolas, monospace; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.55 system-ui, sans-serif; }
main, header { max-width: 58rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 2.5rem; } main { padding-bottom: 4rem; }
h1 { font-size: 2rem; margin: 0; } h2 { font-size: 1.45rem; margin: 3rem 0 .5rem; padding-top: 1rem; border-top: 1px solid var(--line); }
h3 { font: 600 1rem/1.4 var(--mono); margin: 2rem 0 .25rem; overflow-wrap: anywhere; } h3 b { color: var(--machine); }
h4 { font-size: .875rem; color: var(--soft); margin: .75rem 0 .25rem; }
p { margin: .25rem 0 .5rem; } nav a { margin-right: 1rem; } a { color: var(--accent); }
code { font: .875em var(--mono); background: var(--surface); padding: .05em .3em; border-radius: .25rem; }
div.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .875rem; }
th { text-align: left; font-weight: 600; color: var(--soft); } th, td { padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line);
  vertical-align: top; } td:first-child { white-space: nowrap; } .soft { color: var(--soft); }
"""
WHO = {
    "cookie": "the session's cookie",
    "token": "a session's token",
    "operator": "the admin token, where this side is not open",
    "operator_cookie": "the cookie that stands for it",
    "key": "a bearer key: a session's token, or any text for a fresh owner",
}


def page(routes: Schema, asyncapi: Schema) -> str:
    """The OpenAPI and the AsyncAPI document as a page."""
    bodies, payloads = routes["components"]["schemas"], asyncapi["components"]["schemas"]
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Myna's interface</title><style>{STYLE}</style></head><body>
<header><h1>Myna's interface</h1>
<p class="soft">Made from the running program. For machines:
<a href="/openapi.json">openapi.json</a>, <a href="/asyncapi.json">asyncapi.json</a>.</p>
<nav><a href="#http">HTTP</a><a href="#socket">Socket</a><a href="#queues">Queues</a><a href="#codes">Codes</a>
<a href="#schemas">Bodies</a><a href="/">Chat</a></nav></header>
<main>
<h2 id="http">HTTP</h2>{_http(routes)}
<h2 id="socket">Socket</h2>{_socket(asyncapi)}
<h2 id="queues">Queues</h2>{_queues(asyncapi)}
{_codes(asyncapi, routes["x-error-codes"])}
<h2 id="schemas">Bodies</h2>{"".join(_object(name, bodies) for name in bodies if name not in payloads)}
</main></body></html>
"""


def _http(routes: Schema) -> str:
    return "".join(_operation(path, method, one) for path, methods in routes["paths"].items() for method, one in methods.items())


def _socket(asyncapi: Schema) -> str:
    messages, schemas, channel = asyncapi["components"]["messages"], asyncapi["components"]["schemas"], asyncapi["channels"]["socket"]
    sent = {side: _names(asyncapi["operations"][side]["messages"]) for side in ("fromClient", "toClient")}
    return f"""<h3><b>GET</b> {escape(channel["address"])}</h3>
<p>{_prose(channel["description"])}</p>{_handshake(channel)}
<h2>What clients send</h2>{"".join(_message(messages[name], name, schemas) for name in sent["fromClient"])}
<h2>What the server sends</h2>{"".join(_message(messages[name], name, schemas) for name in sent["toClient"])}
<h2>Parts of frames and events</h2>{"".join(_object(name, schemas) for name in schemas if name not in messages)}"""


def _queues(asyncapi: Schema) -> str:
    messages, schemas = asyncapi["components"]["messages"], asyncapi["components"]["schemas"]
    queues = [channel for name, channel in asyncapi["channels"].items() if name != "socket"]
    names = dict.fromkeys(name for queue in queues for name in queue["messages"])
    return f"""{"".join(map(_queue, queues))}
<h2>Events and messages in the queues</h2>{"".join(_message(messages[name], name, schemas) for name in names)}"""


def _queue(queue: Schema) -> str:
    holds = ", ".join(f'<a href="#{name}">{name}</a>' for name in queue["messages"])
    return "".join([
        f"<h3>{escape(queue['address'])}</h3><p>{_prose(queue['description'])}</p><p>Holds {holds}.</p>",
        f"<h4>Routing keys of the exchange {_code(queue['x-exchange'])}</h4>{_meanings(queue['x-routing-keys'], 'key')}",
        f"<h4>Arguments</h4>{_meanings({name: str(value) for name, value in queue['x-arguments'].items()}, 'argument', 'value')}",
    ])  # fmt: skip


def _codes(asyncapi: Schema, of_http: Mapping[str, str]) -> str:
    of_both = asyncapi["x-error-codes"]
    return f"""<h2 id="codes">Error codes</h2><p>Of HTTP's problems and of a socket's {_code("error")}.</p>{_meanings(of_both)}
<h2>Error codes of HTTP alone</h2>{_meanings({code: meaning for code, meaning in of_http.items() if code not in of_both})}
<h2>Codes of {_code("reply.failed")}</h2>{_meanings(asyncapi["x-failure-codes"])}
<h2>Close codes</h2>{_meanings(asyncapi["x-close-codes"])}"""


def _names(references: Sequence[Schema]) -> list[str]:
    return [reference["$ref"].rsplit("/", 1)[1] for reference in references]


def _operation(path: str, method: str, one: Schema) -> str:
    who = " or ".join(WHO[name] for need in one["security"] for name in need) or "nothing"
    about = f"{one['summary']} {one['description']}".rstrip()
    query = [
        (
            _code(parameter["name"]),
            _kind(parameter["schema"]) + ("" if parameter.get("required") else ", optional"),
            _prose(parameter.get("description", "")),
        )
        for parameter in one["parameters"]
        if parameter["in"] == "query"
    ]
    body = [_kind(kind["schema"]) for kind in one.get("requestBody", {}).get("content", {}).values()]
    answers = [(_code(status), _prose(answer["description"]), _content(answer)) for status, answer in one["responses"].items()]
    return "".join([
        f"<h3><b>{method.upper()}</b> {escape(path)}</h3><p>{_prose(about)} <span class=soft>Needs {who}.</span></p>",
        f"<h4>Query</h4>{_table(('name', 'takes', 'meaning'), query)}" if query else "",
        f"<h4>Body</h4><p>{body[0]}</p>" if body else "",
        f"<h4>Answers</h4>{_table(('status', 'meaning', 'body'), answers)}",
    ])  # fmt: skip


def _content(answer: Schema) -> str:
    kinds = answer.get("content", {})
    return "; ".join(
        _kind(kind["schema"]) + f" <span class=soft>{escape(media)}</span>" if kind else escape(media) for media, kind in kinds.items()
    )


def _handshake(channel: Schema) -> str:
    query = channel["bindings"]["ws"]["query"]["properties"]
    return _table(("query", "meaning"), [(_code(name), _prose(schema["description"])) for name, schema in query.items()])


def _meanings(codes: Mapping[str, str], *head: str) -> str:
    return _table((*head, *("code", "meaning")[len(head) :]), [(_code(code), _prose(meaning)) for code, meaning in codes.items()])


def _message(message: Schema, name: str, schemas: dict[str, Schema]) -> str:
    return f'<h3 id="{name}">{escape(message["name"])}</h3><p>{_prose(message["summary"])}</p>{_fields(schemas[name])}'


def _object(name: str, schemas: dict[str, Schema]) -> str:
    return f'<h3 id="{name}">{escape(name)}</h3><p>{_prose(schemas[name].get("description", ""))}</p>{_fields(schemas[name])}'


def _fields(schema: Schema) -> str:
    needed = schema.get("required", ())
    rows = [
        (_code(name), _kind(one) + ("" if name in needed else ", optional"), _prose(one.get("description", "")))
        for name, one in schema.get("properties", {}).items()
        if name != "type" or "const" not in one
    ]
    return _table(("field", "takes", ""), rows) if rows else "<p class=soft>No further fields.</p>"


def _kind(schema: Schema) -> str:
    """What a schema takes, as text."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return f'<a href="#{name}">{name}</a>'
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " or ".join(map(_kind, schema[several]))
    if "const" in schema:
        return _code(schema["const"])
    if "enum" in schema:
        return " or ".join(map(_code, schema["enum"]))
    if schema.get("type") == "array":
        return f"list of {_kind(schema['items'])}"
    kind = str(schema.get("format") or schema.get("type", "anything"))
    return escape({"string": "text"}.get(kind, kind)) + _bounds(schema)


def _bounds(schema: Schema) -> str:
    unit = " characters" if "maxLength" in schema or "minLength" in schema else ""
    low, high = schema.get("minLength", schema.get("minimum")), schema.get("maxLength", schema.get("maximum"))
    limits = f", {low} to {high}{unit}" if low is not None and high is not None else f", at most {high}{unit}" if high is not None else ""
    return limits + (f", else {schema['default']}" if "default" in schema else "")


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    heads = "".join(f"<th>{cell}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<div class=wide><table><tr>{heads}</tr>{body}</table></div>"


def _code(text: Any) -> str:
    return f"<code>{escape(str(text))}</code>"


def _prose(text: str) -> str:
    """A sentence with `names` set as code."""
    pieces = escape(text).split("`")
    return "".join(f"<code>{piece}</code>" if at % 2 else piece for at, piece in enumerate(pieces))
