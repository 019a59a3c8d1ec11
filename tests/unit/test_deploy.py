"""The examples for Kubernetes and systemd are well-formed, and name settings, commands and ports that there are."""

import copy
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from myna.cli.main import COMMANDS
from myna.cli.settings_reading import NO_SETTING
from myna.settings import Settings

ROOT = Path(__file__).parents[2]
MANIFESTS: list[dict[str, Any]] = list(yaml.safe_load_all((ROOT / "deploy" / "kubernetes.yaml").read_text()))
UNITS = sorted((ROOT / "deploy").glob("*.service"))
KUBERNETES = "1.30"  # the oldest that has a pause as a hook
KNOWN = {*(f"CHAT_{name.upper()}" for name in Settings.model_fields), *NO_SETTING}


def named(kind: str, name: str) -> dict[str, Any]:
    (found,) = [one for one in MANIFESTS if (one["kind"], one["metadata"]["name"]) == (kind, name)]
    return found


def pods() -> dict[str, dict[str, Any]]:
    """What runs, by name: the template of each job and deployment."""
    return {one["metadata"]["name"]: one["spec"]["template"] for one in MANIFESTS if "template" in one.get("spec", {})}


@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda one: f"{one['kind']} {one['metadata']['name']}")
def test_a_manifest_keeps_to_the_schema(manifest: dict[str, Any]) -> None:
    kubernetes_validate.validate(manifest, KUBERNETES, strict=True)


def test_a_misspelt_field_is_found() -> None:
    broken = copy.deepcopy(named("Deployment", "myna-node"))
    broken["spec"]["template"]["spec"]["terminationGracePeriodsSeconds"] = 1
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, KUBERNETES, strict=True)


def test_settings_and_commands_of_the_pods_are_there_and_all_run_one_image() -> None:
    assert named("ConfigMap", "myna")["data"].keys() <= KNOWN
    containers = [container for pod in pods().values() for container in pod["spec"]["containers"]]
    assert len({container["image"] for container in containers}) == 1
    for container in containers:
        assert container["command"][0] == "myna"
        assert container["command"][1] in COMMANDS
        assert container["securityContext"]["readOnlyRootFilesystem"] is True


def test_labels_ports_and_names_fit_together() -> None:
    (host,) = named("ConfigMap", "myna")["data"]["CHAT_ALLOWED_HOSTS"].split(",")
    rule = named("Ingress", "myna")["spec"]["rules"][0]
    assert rule["host"] == host
    assert rule["http"]["paths"][0]["backend"]["service"]["name"] == named("Service", "myna")["metadata"]["name"]
    node = pods()["myna-node"]
    assert named("Service", "myna")["spec"]["selector"].items() <= node["metadata"]["labels"].items()
    (container,) = node["spec"]["containers"]
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert container[probe]["httpGet"]["httpHeaders"] == [{"name": "Host", "value": host}]
    metrics = int(named("ConfigMap", "myna")["data"]["CHAT_METRICS_PORT"])
    for name in ("myna-node", "myna-responder"):
        ports = {port["name"]: port["containerPort"] for port in pods()[name]["spec"]["containers"][0]["ports"]}
        assert ports["metrics"] == metrics == int(pods()[name]["metadata"]["annotations"]["prometheus.io/port"])
        deployment = named("Deployment", name)["spec"]
        assert deployment["selector"]["matchLabels"].items() <= deployment["template"]["metadata"]["labels"].items()


def test_a_stop_is_given_longer_than_a_drain_takes() -> None:
    drain_s = Settings(_env_file=None).drain_s
    assert pods()["myna-node"]["spec"]["terminationGracePeriodSeconds"] > drain_s + 5 + 15
    assert pods()["myna-responder"]["spec"]["terminationGracePeriodSeconds"] > drain_s + 15
    for unit in UNITS:
        assert int(read(unit)["Service"]["TimeoutStopSec"]) > drain_s + 15


def read(unit: Path) -> dict[str, dict[str, str]]:
    """Sections, keys and values of a unit; a key that comes again adds to what it had."""
    sections: dict[str, dict[str, str]] = {}
    for line in unit.read_text().splitlines():
        if line.startswith("["):
            section = sections.setdefault(line.strip("[]"), {})
        elif line and not line.startswith("#"):
            key, value = line.split("=", 1)
            section[key] = f"{section[key]} {value}" if key in section else value
    return sections


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_names_commands_and_settings_that_there_are_and_is_confined(unit: Path) -> None:
    assert read(unit).keys() == {"Unit", "Service", "Install"}
    service = read(unit)["Service"]
    program, command = service["ExecStart"].split()[:2]
    assert program.endswith("/bin/myna")
    assert command in COMMANDS
    given = {pair.partition("=")[0] for pair in service["Environment"].split()}
    files = {pair.partition(":")[0] for pair in service["LoadCredential"].split()}
    assert given | {name.upper() for name in files} <= KNOWN
    assert service["RestartPreventExitStatus"] == "2"
    assert {service[key] for key in ("DynamicUser", "NoNewPrivileges", "PrivateTmp", "ProtectHome")} == {"true"}
    assert service["ProtectSystem"] == "strict"


def test_units_differ_only_where_nodes_and_responders_do() -> None:
    first, second = (set(unit.read_text().splitlines()) for unit in UNITS)
    keys = {line.partition("=")[0] for line in first ^ second}
    assert keys == {"Description", "ExecStart", "LoadCredential", "LimitNOFILE", "MemoryMax"}
