"""The two servers of the page, nginx and the backend, keep it to itself in the same way."""

import re
from pathlib import Path

from myna.web.api.page import HEADERS, OWN

CONFIGURATION = (Path(__file__).parents[3] / "front" / "nginx.conf").read_text()


def test_nginx_sends_the_page_with_the_headers_of_the_backend() -> None:
    sent = dict(re.findall(r'add_header (\S+) "?([^"\n]*?)"? always;', CONFIGURATION))
    assert sent.pop("Strict-Transport-Security") == "$strict_transport", "nginx may stand behind TLS"
    assert sent == HEADERS


def test_nginx_passes_every_path_on_that_the_backend_serves_and_metrics_to_nobody() -> None:
    proxied = re.search(r"location ~ (\S+) \{", CONFIGURATION)
    assert proxied
    for path in ("/ws", "/api/session", "/v1/models", "/docs", "/openapi.json", "/asyncapi.json", "/livez", "/readyz"):
        assert re.match(proxied[1], path), path
    for path in ("/", "/metrics", "/wsx", "/assets/index.js", "/c/7"):
        assert not re.match(proxied[1], path), path
    assert re.search(r"location = /metrics \{\s*return 404;", CONFIGURATION)


def test_nginx_knows_the_same_addresses_of_the_page_as_the_backend() -> None:
    own = re.search(r'"~(\S+)"\s+/index\.html;', CONFIGURATION)
    assert own
    for path in ("/", "/pipeline", "/c/7", "/c/7/", f"/c/{'x' * 64}", "/c/A_b-9"):
        assert re.search(own[1], path), path
        assert path == "/" or OWN.fullmatch(path[1:]), path
    for path in ("/healthz", "/pipelines", "/pipeline/", "/c", "/c/", "/c/a/b", "/c/é", f"/c/{'x' * 65}", "/assets/index-older.js"):
        assert not re.search(own[1], path), path
        assert not OWN.fullmatch(path[1:]), path
    assert re.search(r"default\s+/gone;", CONFIGURATION)


def test_nginx_passes_no_upgrade_on_but_websocket() -> None:
    upgrades = re.search(r"map \$http_upgrade \$upgrade_header \{([^}]*)\}", CONFIGURATION)
    assert upgrades
    assert dict(re.findall(r"(\S+)\s+(\S+);", upgrades[1])) == {"default": "refused", "''": "''", '"~*^websocket$"': "websocket"}
    assert re.search(r"if \(\$upgrade_header = refused\) \{\s*return 400;", CONFIGURATION)
    assert "proxy_set_header Upgrade $upgrade_header;" in CONFIGURATION
