"""The two servers of the page, nginx and the backend, keep it to itself in the same way."""

import json
import re
from pathlib import Path

from myna.protocol.errors import BadRequest, Behind, RateLimited, TooLarge
from myna.web.api.page import HEADERS, OWN
from myna.web.problems import Problem

CONFIGURATION = (Path(__file__).parents[3] / "front" / "nginx.conf").read_text()


def test_nginx_sends_the_page_with_the_headers_of_the_backend() -> None:
    sent = dict(re.findall(r'add_header (\S+) "?([^"\n]*?)"? always;', CONFIGURATION.partition("location / {")[2]))
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
    for path in ("/", "/pipeline", "/calls", "/c/7", "/c/7/", f"/c/{'x' * 64}", "/c/A_b-9"):
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


def test_nginx_refuses_as_the_backend_does_with_an_id_that_stands_in_its_log() -> None:
    refused = re.findall(r"location = /refused/(\w+) \{\s*internal;(.*?)\n        \}", CONFIGURATION, re.DOTALL)
    pages = dict(re.findall(r"error_page ([0-9 =]+) /refused/(\w+);", CONFIGURATION))
    assert list(pages.values()) == [code for code, _ in refused]
    assert set(pages) == {"400", "413", "429", "502 504 =503"}
    for code, block in refused:
        answer = re.search(r"return (\d+) '(.*)';", block)
        assert answer
        problem = json.loads(answer[2])
        kind = next(one for one in (BadRequest, TooLarge, RateLimited, Behind) if one.code == code)
        assert (problem["code"], problem["status"], int(answer[1])) == (code, kind.status, kind.status)
        assert problem.keys() == Problem.model_fields.keys()
        assert problem["request_id"] == "req_$request_id"
        assert "add_header X-Request-Id req_$request_id always;" in block
        assert "default_type application/problem+json;" in block
    assert re.search(r"log_format plain '[^']*req_\$request_id'", CONFIGURATION)
