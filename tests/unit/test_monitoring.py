"""Prometheus, its alerts and Grafana's dashboard ask for metrics that there are, and each alert leads to what to do."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "monitoring"
ALERTS: list[dict[str, Any]] = yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"][0]["rules"]
DASHBOARD: dict[str, Any] = json.loads((FOLDER / "dashboard.json").read_text())
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())

FUNCTIONS = {"max", "sum", "rate", "increase", "count", "histogram_quantile", "by", "or"}
OF_PROMETHEUS = {"up": set[str]()}
SCRAPED = {"job", "instance"}  # labels that Prometheus adds
NAME, SELECTOR = re.compile(r"[a-zA-Z_:][\w:]*"), re.compile(r"([a-zA-Z_:][\w:]*)\s*\{([^}]*)\}")


def documented() -> dict[str, set[str]]:
    """Labels by the names that queries use."""
    found = {name: set(labels) for name, labels in OF_PROMETHEUS.items()}
    for line in (ROOT / "docs" / "metrics.md").read_text().splitlines():
        if match := re.match(r"\| `(\w+)` \| (\w+) \| ([^|]+) \|", line):
            labels = set(re.findall(r"`(\w+)`", match[3])) | SCRAPED
            names = [f"{match[1]}_{end}" for end in ("bucket", "sum", "count")] if match[2] == "histogram" else [match[1]]
            found |= {name: labels | ({"le"} if name.endswith("_bucket") else set()) for name in names}
    return found


def faults(query: str) -> Iterator[str]:
    """Metrics and labels of a query that there are none of."""
    metrics = documented()
    used = set[str]()
    for name, matchers in SELECTOR.findall(query):
        for label in re.findall(r"(\w+)\s*[=!]~?=?\s*\"", matchers):
            if label not in metrics.get(name, {label}) | SCRAPED:
                yield f"{name} has no label {label}"
    bare = re.sub(r"\{[^}]*\}|\[\w+\]|\"[^\"]*\"", "", query)
    grouped = {label.strip() for group in re.findall(r"\bby \(([^)]*)\)", bare) for label in group.split(",")}
    for name in NAME.findall(re.sub(r"\bby \([^)]*\)", "", bare)):
        if name in FUNCTIONS:
            continue
        used.add(name)
        if name not in metrics:
            yield f"there is no metric {name}"
    if not used:
        yield f"{query!r} reads nothing"
    elif unknown := {one for one in grouped if not any(one in metrics.get(name, ()) for name in used)} - SCRAPED:
        yield f"no metric of {query!r} has {sorted(unknown)}"


def dashboard_queries() -> dict[str, str]:
    return {f"{panel['title']} {target['refId']}": target["expr"] for panel in DASHBOARD["panels"] for target in panel.get("targets", ())}


def documented_queries() -> list[str]:
    text = (ROOT / "docs" / "metrics.md").read_text().partition("## Questions")[2]
    return [query.replace("\\|", "|") for query in re.findall(r"`([^`]+)`", text)]


QUERIES = {**{rule["alert"]: rule["expr"] for rule in ALERTS}, **dashboard_queries(), **{query: query for query in documented_queries()}}


def test_every_query_reads_metrics_and_labels_that_there_are() -> None:
    assert len(QUERIES) > 40
    assert {name: found for name, query in QUERIES.items() if (found := list(faults(query)))} == {}


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("rate(myna_mesages_total[1m])", "there is no metric myna_mesages_total"),
        ('max(myna_queue_messages{qeue="chat_queue"})', "myna_queue_messages has no label qeue"),
        ("sum by (colour) (myna_connections)", "no metric of 'sum by (colour) (myna_connections)' has ['colour']"),
        ("histogram_quantile(0.9, rate(myna_reply_duration_seconds[5m]))", "there is no metric myna_reply_duration_seconds"),
    ],
)
def test_a_wrong_query_is_found(query: str, fault: str) -> None:
    assert list(faults(query)) == [fault]


def test_each_alert_says_how_bad_it_is_in_a_sentence_and_leads_to_what_to_do() -> None:
    assert len({rule["alert"] for rule in ALERTS}) == len(ALERTS) >= 10
    headings = re.findall(r"^#+ (.+)$", (ROOT / "docs" / "operations.md").read_text(), re.M)
    anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    for rule in ALERTS:
        page, _, anchor = rule["annotations"]["runbook"].partition("#")
        assert (page, anchor in anchors, anchor) == ("docs/operations.md", True, anchor)
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"]["summary"].endswith((".", ")."))


def test_the_dashboard_reads_from_the_data_source_that_is_provisioned_and_its_panels_do_not_overlap() -> None:
    source = yaml.safe_load((FOLDER / "grafana-datasource.yml").read_text())["datasources"][0]["uid"]
    taken = set[tuple[int, int]]()
    for panel in DASHBOARD["panels"]:
        assert panel.get("datasource", {"uid": source})["uid"] == source
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, panel["title"]
        taken |= cells
    assert max(x for x, _ in taken) == 23
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


def test_the_profile_mounts_these_files_and_scrapes_the_port_that_the_processes_have() -> None:
    services = COMPOSE["services"]
    assert {name for name, service in services.items() if service.get("profiles") == ["monitoring"]} == {"prometheus", "grafana"}
    assert all((ROOT / config["file"]).is_file() for config in COMPOSE["configs"].values())
    mounted = {config["source"]: config["target"] for name in ("prometheus", "grafana") for config in services[name]["configs"]}
    assert mounted.keys() == COMPOSE["configs"].keys()
    prometheus = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
    assert prometheus["rule_files"] == [mounted["alerts"]]
    provider = yaml.safe_load((FOLDER / "grafana-dashboards.yml").read_text())["providers"][0]
    assert mounted["dashboard"].startswith(provider["options"]["path"])
    assert services["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"] == mounted["dashboard"]
    for job in prometheus["scrape_configs"]:
        for found in job.get("dns_sd_configs", ()):
            (name,) = found["names"]
            assert str(found["port"]) == services[name]["environment"]["CHAT_METRICS_PORT"]
