"""The structure is a promise too: which module may import what, how large it may be, and that it says what it is for.

The table below is the whole rule. It is read against the real imports, function-level ones too.
"""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = "backend"


@dataclass(frozen=True)
class Layer:
    """Modules (each with what is below it) and the layers they may import besides their own."""

    modules: tuple[str, ...]
    below: tuple[str, ...]


# A module belongs to the layer that names the longest beginning of its name: a port is a word, though it lies by its doors.
LAYERS = {
    "words": Layer(
        ("errors", "ids", "moments", "titles", "events", "fields", "frames", "text_frames", "settings", "topology", "views", "cursor",
         "sessions", "asks", "handmade", "wording", "crashpoints", "logs", "broker.port", "store.port", "mock_ai.port"),
        (),
    ),
    "thought": Layer(("replies", "window", "timeline", "hub", "turns", "rates", "repeats", "mock_ai"), ("words",)),
    "doors": Layer(("broker", "store", "embedded", "embedded_host"), ("words",)),
    # Rooms know doors by their ports only, which are words; so each runs on either twin.
    "rooms": Layer(
        ("recall", "answering", "responder", "intake", "relay", "recorder", "state", "rooms",
         "checks", "connection", "gateway", "edge", "api"),
        ("words", "thought"),
    ),
    "roof": Layer(("supervisor", "responding", "app", "serving", "operating", "__main__"), ("words", "thought", "doors", "rooms")),
}  # fmt: skip

# Who may use what comes from outside: top-level package → the beginnings of names of modules that may import it.
FOREIGN = {
    "aio_pika": ("broker",),
    "aiormq": ("broker",),
    "pamqp": ("broker",),
    "sqlalchemy": ("store",),
    "sqlmodel": ("store",),
    "asyncpg": ("store",),
    "alembic": ("store",),
    "quart": ("checks", "gateway", "edge", "api", "app", "serving"),
    "quart_cors": ("app",),
    "hypercorn": ("edge", "serving"),
    "wsproto": ("edge",),
    "click": ("__main__", "operating"),
}

# Thought has no event loop. The mock brain's sleep is handed in; asyncio's is only what it is when nobody hands one in.
LOOPLESS, LOOPS = "thought", ("asyncio", "threading", "socket", "selectors")
MAY_LOOP = ("mock_ai.brain",)

MODULE_LINES, FUNCTION_LINES = 300, 50
# A migration is a record of one day's schema, not code that somebody maintains.
UNMEASURED = ("store.migrations.versions",)


# What a module's docstring opens with, by its layer; modules inside a folder of their own may say it otherwise.
OPENINGS = {"words": ("Words",), "thought": ("Thought",), "doors": ("Door",), "rooms": ("Route", "HTTP"), "roof": ("Roof",)}
FOLDERS = ("mock_ai",)  # whose own docstring tells what the folder is


@dataclass(frozen=True)
class Module:
    """What a source file says about itself."""

    name: str  # without the package
    imports: frozenset[str]  # absolute, as far as they are modules
    docstring: str
    empty: bool
    lines: int
    functions: tuple[tuple[str, int], ...]  # name and length


def read_tree(root: Path) -> dict[str, Module]:
    """All modules of the package in this folder, by name."""
    paths = {name_of(path.relative_to(root)): path for path in sorted((root / PACKAGE).rglob("*.py"))}
    return {name: read_module(name, path.read_text(), set(paths)) for name, path in paths.items() if name}


def name_of(path: Path) -> str:
    parts = path.with_suffix("").parts[1:]
    return ".".join(parts[:-1] if parts and parts[-1] == "__init__" else parts)


def read_module(name: str, source: str, known: set[str]) -> Module:
    tree = ast.parse(source)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return Module(
        name=name,
        imports=frozenset(imports_of(tree, known)),
        docstring=ast.get_docstring(tree) or "",
        empty=not tree.body,
        lines=len(source.splitlines()),
        functions=tuple((one.name, (one.end_lineno or one.lineno) - one.lineno + 1) for one in functions),
    )


def imports_of(tree: ast.Module, known: set[str]) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole.removeprefix(f"{PACKAGE}.") in known else str(node.module)


def is_within(name: str, beginning: str) -> bool:
    return name == beginning or name.startswith(f"{beginning}.")


def layer_of(name: str) -> str | None:
    found = [(len(start), layer) for layer, rule in LAYERS.items() for start in rule.modules if is_within(name, start)]
    return max(found)[1] if found else None


def ours(module: Module) -> Iterator[str]:
    for one in sorted(module.imports):
        if is_within(one, PACKAGE) and one != PACKAGE:
            yield one.removeprefix(f"{PACKAGE}.")


def layer_faults(tree: dict[str, Module]) -> Iterator[str]:
    """Modules of no layer, and imports that do not go downward."""
    for name, module in tree.items():
        layer = layer_of(name)
        if layer is None:
            yield f"{name} is in no layer"
            continue
        for imported in ours(module):
            its = layer_of(imported)
            if its != layer and its not in LAYERS[layer].below:
                yield f"{name} ({layer}) imports {imported} ({its})"


def foreign_faults(tree: dict[str, Module]) -> Iterator[str]:
    """Outside packages where they do not belong."""
    for name, module in tree.items():
        for imported in sorted(module.imports):
            top = imported.partition(".")[0]
            if top in FOREIGN and not any(is_within(name, allowed) for allowed in FOREIGN[top]):
                yield f"{name} imports {imported}"
            if top in LOOPS and layer_of(name) == LOOPLESS and name not in MAY_LOOP:
                yield f"{name} ({LOOPLESS}) imports {imported}"


def cycles(tree: dict[str, Module]) -> Iterator[str]:
    """Modules that import each other, over however many."""
    left = {name: {one for one in ours(module) if one in tree and one != name} for name, module in tree.items()}
    while free := [name for name, needs in left.items() if not needs & left.keys()]:
        for name in free:
            del left[name]
    if left:
        yield f"a cycle among {', '.join(sorted(left))}"


def size_faults(tree: dict[str, Module]) -> Iterator[str]:
    """What has grown too large to be read at once."""
    for name, module in tree.items():
        if any(is_within(name, start) for start in UNMEASURED):
            continue
        if module.lines > MODULE_LINES:
            yield f"{name} has {module.lines} lines, more than {MODULE_LINES}"
        yield from (f"{name}.{function} has {lines} lines" for function, lines in module.functions if lines > FUNCTION_LINES)


def silent(tree: dict[str, Module]) -> Iterator[str]:
    """Modules that do not say what they are."""
    for name, module in tree.items():
        if not module.docstring and not module.empty:
            yield f"{name} does not open with a docstring"


def opening_faults(tree: dict[str, Module]) -> Iterator[str]:
    """Modules that say they are of another kind than their layer."""
    for name, module in tree.items():
        layer, (word, _, _) = layer_of(name), module.docstring.partition(":")
        if layer is not None and "." not in name and name not in FOLDERS and module.docstring and word not in OPENINGS[layer]:
            yield f"{name} ({layer}) opens with {word}"


Rule = Callable[[dict[str, Module]], Iterator[str]]
RULES: tuple[Rule, ...] = (layer_faults, foreign_faults, cycles, size_faults, silent, opening_faults)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_source_keeps_the_structure(rule: Rule) -> None:
    tree = read_tree(ROOT)
    assert len(tree) > 50, "the source was not found"
    assert list(rule(tree)) == []


def test_every_name_in_the_table_is_a_module() -> None:
    tree = read_tree(ROOT)
    named = [start for layer in LAYERS.values() for start in layer.modules]
    named += [*FOLDERS, *MAY_LOOP, *UNMEASURED, *(start for starts in FOREIGN.values() for start in starts)]
    assert [start for start in named if start not in tree] == []


def test_the_backends_readme_names_every_module_in_its_kinds_row() -> None:
    table = [row.split("|") for row in (ROOT / PACKAGE / "README.md").read_text().splitlines() if row.startswith("| ")]
    rows = {cells[1].strip(): (tuple(cells[2].strip().split(", or ")), re.findall(r"`([\w/]+)`", cells[3])) for cells in table}
    del rows["kind"]
    assert {kind: openings for kind, (openings, _) in rows.items()} == OPENINGS
    told = {kind: sorted(name.rstrip("/").replace("/", ".") for name in names) for kind, (_, names) in rows.items()}
    assert told == {kind: sorted(layer.modules) for kind, layer in LAYERS.items()}


BREAKS: dict[str, tuple[dict[str, str], Rule, str]] = {
    "a word imports thought": ({"events": "import backend.hub"}, layer_faults, "events (words) imports hub (thought)"),
    "a room opens a door itself": (
        {"relay": "from backend.broker import rabbit"}, layer_faults, "relay (rooms) imports broker.rabbit (doors)",
    ),
    "an import hidden in a function": (
        {"hub": "def late():\n    from backend.relay import Relay"}, layer_faults, "hub (thought) imports relay (rooms)",
    ),
    "a module of no layer": ({"helpers": ""}, layer_faults, "helpers is in no layer"),
    "aio_pika outside its door": ({"relay": "import aio_pika.abc"}, foreign_faults, "relay imports aio_pika.abc"),
    "a loop in thought": ({"turns": "import asyncio"}, foreign_faults, "turns (thought) imports asyncio"),
    "a ring of three": (
        {"hub": "from backend import turns", "turns": "from backend import rates", "rates": "import backend.hub"},
        cycles,
        "a cycle among hub, rates, turns",
    ),
    "a module too long": ({"hub": "x = 1\n" * 301}, size_faults, "hub has 301 lines, more than 300"),
    "a function too long": ({"hub": "def long():\n" + "    x = 1\n" * 50}, size_faults, "hub.long has 51 lines"),
    "a word that says it is a room": ({"hub": '"""Route: the hub."""'}, opening_faults, "hub (thought) opens with Route"),
    "no docstring": ({"hub": "x = 1"}, silent, "hub does not open with a docstring"),
}  # fmt: skip


@pytest.mark.parametrize("what", BREAKS)
def test_a_broken_rule_is_found(what: str, tmp_path: Path) -> None:
    broken, rule, fault = BREAKS[what]
    names = ("events", "hub", "turns", "rates", "relay", "broker.rabbit")
    sources = {name: f'"""{OPENINGS[layer_of(name) or ""][0]}: a module."""\n' for name in names} | broken
    for name, source in sources.items():
        path = tmp_path / PACKAGE / f"{name.replace('.', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
    assert list(rule(read_tree(tmp_path))) == [fault]


def test_a_sound_tree_has_no_fault(tmp_path: Path) -> None:
    (tmp_path / PACKAGE).mkdir()
    (tmp_path / PACKAGE / "hub.py").write_text('"""Thought: a module."""\nfrom backend import events\n')
    (tmp_path / PACKAGE / "events.py").write_text('"""Words: a module."""\n')
    (tmp_path / PACKAGE / "__init__.py").write_text("")
    assert [fault for rule in RULES for fault in rule(read_tree(tmp_path))] == []
