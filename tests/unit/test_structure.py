"""The packages of the backend import each other in one direction, and their modules stay small.

`ALLOWED` is the whole rule. It is compared with the real imports, those inside functions too.
"""

import ast
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "backend" / "myna"

# Package → the packages it may import besides itself. A port (plain data and protocols) has a rule of its own, so that
# the pipeline knows it and not its implementations; who may import a package may import its port.
ALLOWED = {
    "protocol": (),
    "settings": ("protocol",),
    "slices": (),
    "telemetry": (),
    "broker.port": ("protocol", "telemetry"),
    "store.port": ("protocol", "telemetry"),
    "mock_ai": (),
    "mock_ai.port": (),
    "openai_brain": ("mock_ai.port",),
    "core": ("protocol", "telemetry", "broker.port", "store.port"),
    "broker": ("protocol", "telemetry", "broker.port"),
    "store": ("protocol", "telemetry", "store.port", "slices"),
    "embedded_postgres": ("protocol",),
    "pipeline": ("protocol", "telemetry", "core", "broker.port", "store.port", "mock_ai.port"),
    "checker": (),
    "lab": ("checker", "protocol", "telemetry", "slices", "core", "broker.port", "pipeline"),
    "web": ("protocol", "telemetry", "settings", "slices", "core", "broker.port", "store.port", "mock_ai", "pipeline", "lab"),
    "node": (
        "protocol", "telemetry", "settings", "core", "broker", "store", "embedded_postgres", "mock_ai", "openai_brain", "pipeline", "lab",
        "web",
    ),
    "client": ("protocol",),
    "conform": ("client", "protocol"),
    "cli": ("protocol", "settings", "client", "conform", "broker", "store", "embedded_postgres", "mock_ai", "pipeline", "node"),
    "__main__": ("cli",),
    "testing": (),
}  # fmt: skip

# Library → the packages that may import it, so that each is replaced in one place. Libraries not listed are free.
LIBRARIES = {
    "aio_pika": ("broker.rabbitmq",),
    "aiormq": ("broker.rabbitmq",),
    "pamqp": ("broker.rabbitmq",),
    "sqlalchemy": ("store.postgres.tables", "store.postgres.statements", "store.postgres.compiling", "store.postgres.migrations"),
    "sqlmodel": ("store.postgres.tables", "store.postgres.statements", "store.postgres.compiling", "store.postgres.migrations"),
    "asyncpg": ("store.postgres",),
    "alembic": ("store.postgres",),
    "quart": ("web",),
    "quart_cors": ("web.app",),
    "h11": ("web.server",),
    "hypercorn": ("web.server",),
    "websockets": ("web.websocket", "web.server.upgrade_stream", "client.connection"),
    "click": ("cli",),
    "openai": ("openai_brain",),
    "opentelemetry": ("telemetry.tracing", "node.traces"),
    "prometheus_client": ("telemetry", "web.api.metrics", "node.metrics_port", "node.node_collector"),
}

# Pure packages take no event loop; the mock brain has its sleep handed in and falls back to asyncio's, and its replies wait in line.
PURE, EVENT_LOOP_MODULES = ("protocol", "core", "mock_ai"), ("asyncio", "threading", "socket", "selectors")
MAY_USE_A_LOOP = ("mock_ai.brain", "mock_ai.load", "mock_ai.ticks")

MODULE_LINES, FUNCTION_LINES = 250, 40
# A migration is the record of one day's schema, and a bank of phrases is prose: neither is code that somebody reads through.
NOT_MEASURED = ("store.postgres.migrations.versions", "mock_ai.banks")


@dataclass(frozen=True)
class Module:
    """What a source file says about itself."""

    name: str  # without the package's own name
    imports: frozenset[str]  # absolute, down to the module where one is imported
    docstring: str
    empty: bool
    lines: int
    functions: tuple[tuple[str, int], ...]  # name and length in lines


def read_tree(source: Path) -> dict[str, Module]:
    """All modules below this folder by name."""
    paths = {name_of(path.relative_to(source)): path for path in sorted(source.rglob("*.py"))}
    return {name: read_module(name, path.read_text(), set(paths)) for name, path in paths.items() if name}


def name_of(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


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
                yield whole if whole.removeprefix("myna.") in known else str(node.module)


def is_within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def package_of(name: str) -> str | None:
    """The entry of `ALLOWED` that this module belongs to: the longest that its name begins with."""
    return max((package for package in ALLOWED if is_within(name, package)), key=len, default=None)


def import_faults(tree: dict[str, Module]) -> Iterator[str]:
    """Modules of no package, and imports that `ALLOWED` does not list."""
    for name, module in tree.items():
        package = package_of(name)
        if package is None:
            yield f"{name} belongs to no package of the table"
            continue
        for imported in sorted(one.removeprefix("myna.") for one in module.imports if is_within(one, "myna") and one != "myna"):
            target = package_of(imported) or imported
            if package not in (target, target.removesuffix(".port")) and not {target, target.removesuffix(".port")} & {*ALLOWED[package]}:
                yield f"{name} ({package}) imports {imported} ({target})"


def library_faults(tree: dict[str, Module]) -> Iterator[str]:
    """Libraries imported outside the package that owns them, and event loops in pure code."""
    for name, module in tree.items():
        for imported in sorted(module.imports):
            top = imported.partition(".")[0]
            if top in LIBRARIES and not any(is_within(name, allowed) for allowed in LIBRARIES[top]):
                yield f"{name} imports {imported}"
            if top in EVENT_LOOP_MODULES and any(is_within(name, pure) for pure in PURE) and name not in MAY_USE_A_LOOP:
                yield f"{name} imports {imported}, and pure code has no event loop"


def cycles(tree: dict[str, Module]) -> Iterator[str]:
    """Modules that import each other, over however many."""
    left = {name: {one.removeprefix("myna.") for one in module.imports} & tree.keys() - {name} for name, module in tree.items()}
    while free := [name for name, needs in left.items() if not needs & left.keys()]:
        for name in free:
            del left[name]
    if left:
        yield f"a cycle among {', '.join(sorted(left))}"


def size_faults(tree: dict[str, Module]) -> Iterator[str]:
    """What has grown too large to be read at once."""
    for name, module in tree.items():
        if any(is_within(name, package) for package in NOT_MEASURED):
            continue
        if module.lines > MODULE_LINES:
            yield f"{name} has {module.lines} lines, more than {MODULE_LINES}"
        yield from (f"{name}.{function} has {lines} lines" for function, lines in module.functions if lines > FUNCTION_LINES)


def undocumented(tree: dict[str, Module]) -> Iterator[str]:
    """Modules that do not say what they are for in one sentence on their first line."""
    for name, module in tree.items():
        if not module.empty and not module.docstring.partition("\n")[0].endswith((".", ":")):
            yield f"{name} does not open with a sentence"


@cache
def our_tree() -> dict[str, Module]:
    """The modules of the backend, read once for all rules."""
    return read_tree(SOURCE)


Rule = Callable[[dict[str, Module]], Iterator[str]]
RULES: tuple[Rule, ...] = (import_faults, library_faults, cycles, size_faults, undocumented)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_source_keeps_the_structure(rule: Rule) -> None:
    tree = our_tree()
    assert len(tree) > 50, "the source was not found"
    assert list(rule(tree)) == []


def test_every_name_in_the_tables_exists() -> None:
    tree = our_tree()
    named = [*ALLOWED, *MAY_USE_A_LOOP, *NOT_MEASURED, *(package for packages in LIBRARIES.values() for package in packages)]
    assert [name for name in named if name not in tree] == []


def test_every_imported_library_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lists = [project["dependencies"], *project["optional-dependencies"].values()]
    declared = {canonical(requirement) for requirements in lists for requirement in requirements}
    distributions = packages_distributions()
    tops = {imported.partition(".")[0] for module in our_tree().values() for imported in module.imports}
    foreign = tops - sys.stdlib_module_names - {"myna"}
    assert sorted(top for top in foreign if not {canonical(name) for name in distributions[top]} & declared) == []


def canonical(requirement: str) -> str:
    """The distribution's name of a requirement such as `SQLAlchemy[asyncio]>=2.1`, as package indexes compare names."""
    name = requirement.split(";")[0].strip()
    for end in "[<>=!~ ":
        name = name.split(end)[0]
    return name.lower().replace("_", "-")


BREAKS: dict[str, tuple[dict[str, str], Rule, str]] = {
    "the protocol imports pure logic": (
        {"protocol.events": "import myna.core.hub"}, import_faults, "protocol.events (protocol) imports core.hub (core)",
    ),
    "the pipeline names an implementation": (
        {"pipeline.relay": "from myna.broker import rabbitmq"}, import_faults, "pipeline.relay (pipeline) imports broker.rabbitmq (broker)",
    ),
    "an import hidden in a function": (
        {"core.hub": "def late():\n    from myna.pipeline.relay import Relay"},
        import_faults,
        "core.hub (core) imports pipeline.relay (pipeline)",
    ),
    "a module of no package": ({"helpers": ""}, import_faults, "helpers belongs to no package of the table"),
    "aio_pika outside its package": ({"pipeline.relay": "import aio_pika.abc"}, library_faults, "pipeline.relay imports aio_pika.abc"),
    "an event loop in pure logic": (
        {"core.hub": "import asyncio"}, library_faults, "core.hub imports asyncio, and pure code has no event loop",
    ),
    "a ring of three": (
        {"core.hub": "from myna.core import turns", "core.turns": "from myna.core import replies", "core.replies": "import myna.core.hub"},
        cycles,
        "a cycle among core.hub, core.replies, core.turns",
    ),
    "a module too long": ({"core.hub": "x = 1\n" * 251}, size_faults, "core.hub has 251 lines, more than 250"),
    "a function too long": ({"core.hub": "def long():\n" + "    x = 1\n" * 40}, size_faults, "core.hub.long has 41 lines"),
    "no docstring": ({"core.hub": "x = 1"}, undocumented, "core.hub does not open with a sentence"),
}  # fmt: skip


@pytest.mark.parametrize("what", BREAKS)
def test_a_broken_rule_is_found(what: str, tmp_path: Path) -> None:
    broken, rule, fault = BREAKS[what]
    names = ("protocol.events", "core.hub", "core.turns", "core.replies", "pipeline.relay", "broker.rabbitmq")
    write_tree(tmp_path, dict.fromkeys(names, '"""A module."""\n') | broken)
    assert list(rule(read_tree(tmp_path))) == [fault]


def test_a_sound_tree_has_no_fault(tmp_path: Path) -> None:
    write_tree(tmp_path, {"core.hub": '"""A module."""\nfrom myna.protocol import events\n', "protocol.events": '"""A module."""\n'})
    assert [fault for rule in RULES for fault in rule(read_tree(tmp_path))] == []


def write_tree(root: Path, sources: dict[str, str]) -> None:
    for name, source in sources.items():
        path = root / f"{name.replace('.', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
