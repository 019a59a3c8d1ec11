"""Requests made up from /openapi.json, right ones and wrong ones: what comes back is what the document says."""

import asyncio
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import given
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from myna.web.api.log import WAIT_S as MOST_WAIT_S
from tests.fuzz.conftest import BATCH, for_a_while, new_token
from tests.services.stack import Node

CHECKS = [status_code_conformance, content_type_conformance, response_headers_conformance, response_schema_conformance]
# These end what the others need.
LEFT_OUT = {("DELETE", "/api/session")}


@pytest.mark.filterwarnings("default")
async def test_whatever_a_request_holds_its_answer_is_as_documented(node: Node) -> None:
    await asyncio.to_thread(call_everything, node, await new_token(node), await new_token(node))


def call_everything(node: Node, token: str, mocks_token: str) -> None:
    """Each operation in turn, with what it takes and with what it does not, as an owner of its own.

    The mock's rules and failures are another owner's: they make `/v1` answer with any status that they name.
    """
    document = httpx.get(f"{node.url}/openapi.json", trust_env=False).json()
    schema = schemathesis.openapi.from_dict(document)
    operations = [result.ok() for result in schema.get_all_operations() if isinstance(result, Ok)]
    cases = st.one_of([one.as_strategy(mode) for one in operations if wanted(one) for mode in GenerationMode])

    @BATCH
    @given(cases)
    def batch(case: Any) -> None:
        if case.path == "/api/log" and 0 < _number(case.query.get("wait_s")) <= MOST_WAIT_S:
            case.query["wait_s"] = 0.01  # right, and long: the fuzzer has more to do
        bearer = mocks_token if case.path.startswith("/api/mock") else token
        case.call_and_validate(base_url=node.url, headers={"Authorization": f"Bearer {bearer}"}, checks=CHECKS, timeout=30)

    for_a_while(batch)


def _number(value: object) -> float:
    try:
        return float(str(value))
    except ValueError:
        return 0.0


def wanted(operation: Any) -> bool:
    """Whether it may be called."""
    return (operation.method.upper(), operation.path) not in LEFT_OUT
