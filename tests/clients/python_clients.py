"""What the Python clients of OpenAI's API do with `/v1`: run by their own interpreter as `python_clients.py <client> <node's URL>`.

Each check is a function named check_<client>_<what>; its key is a world of its own. Prints a line of JSON for each.
"""

import asyncio
import json
import os
import sys
import time
import traceback
from collections.abc import AsyncIterator
from typing import Any

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else it looks for a newer price list elsewhere
os.environ["OPENAI_AGENTS_DISABLE_TRACING"] = "1"

import httpx
from pydantic import BaseModel

URL = sys.argv[2] if len(sys.argv) > 2 else ""
BASE = f"{URL}/v1"
FAILURES = ("rate_limited", "server_error", "overloaded")  # 429, 500, 503


class Plan(BaseModel):
    """What a client wants to be filled in."""

    title: str
    minutes: list[int]


def get_weather(city: str) -> str:
    """The weather of a city."""
    return f"12 degrees in {city}"


def own(client: str, what: str) -> dict[str, Any]:
    """Base URL, and a key of the check's own."""
    return {"base_url": BASE, "api_key": key(client, what)}


def key(client: str, what: str) -> str:
    return f"{client}-{what}-{os.getpid()}"


async def queue_failures(owner: str) -> None:
    """Let this key's next requests fail with each of FAILURES."""
    async with httpx.AsyncClient(base_url=URL, headers={"Authorization": f"Bearer {owner}"}, trust_env=False) as mock:
        for code in FAILURES:
            (await mock.post("/api/mock/failures", json={"code": code, "retry_after_s": 0.5})).raise_for_status()


async def is_stopped(owner: str) -> None:
    """The model stops soon after the client has left."""
    async with httpx.AsyncClient(base_url=URL, headers={"Authorization": f"Bearer {owner}"}, trust_env=False) as mock:
        for _ in range(100):
            items = (await mock.get("/api/mock/journal")).json()["items"]
            if [item["status"] for item in items] == ["stopped"]:
                return
            await asyncio.sleep(0.1)
    raise AssertionError(items)


# --- langchain-openai ---


def langchain(what: str, model: str = "gpt-4o", **more: Any) -> Any:
    from langchain_openai import ChatOpenAI

    return ChatOpenAI(model=model, **{"max_retries": 0, **own("langchain", what), **more})


async def check_langchain_text() -> None:
    assert (await langchain("text").ainvoke("/echo good morning")).content == "good morning"


async def check_langchain_stream() -> None:
    parts = [chunk.content async for chunk in langchain("stream", "myna-fast").astream("/echo one two three four five six seven")]
    assert "".join(parts) == "one two three four five six seven"
    assert len(parts) > 2


async def check_langchain_tools() -> None:
    from langchain_core.messages import HumanMessage, ToolMessage

    model = langchain("tools").bind_tools([get_weather])
    messages: list[Any] = [HumanMessage("What is the weather in Oslo?")]
    reply = await model.ainvoke(messages)
    (call,) = reply.tool_calls
    assert (call["name"], call["args"]) == ("get_weather", {"city": "Oslo"})
    reply = await model.ainvoke([*messages, reply, ToolMessage(get_weather("Oslo"), tool_call_id=call["id"])])
    assert not reply.tool_calls
    assert "12 degrees" in reply.content


async def check_langchain_structured() -> None:
    for method in ("json_schema", "function_calling", "json_mode"):
        prompt = "A plan for Sunday. " + (json.dumps(Plan.model_json_schema()) if method == "json_mode" else "")
        messages = [("system", prompt), ("user", "A plan for Sunday")]
        plan = await langchain("structured").with_structured_output(Plan, method=method).ainvoke(messages)
        assert isinstance(plan, Plan), (method, plan)


async def check_langchain_retries() -> None:
    await queue_failures(key("langchain", "retries"))
    assert (await langchain("retries", max_retries=3).ainvoke("/echo at last")).content == "at last"


async def check_langchain_timeout() -> None:
    import openai

    try:
        await langchain("timeout", timeout=0.5).ainvoke("/sleep 20")
    except openai.APITimeoutError:
        return
    raise AssertionError("no time-out")


async def check_langchain_cancel() -> None:
    stream = langchain("cancel", "myna-slow").astream("/long 3")
    await anext(stream)
    await stream.aclose()
    await is_stopped(key("langchain", "cancel"))


async def check_langchain_responses() -> None:
    reply = await langchain("responses", use_responses_api=True).ainvoke("/echo over responses")
    assert reply.content[0]["text"] == "over responses"


# --- pydantic-ai ---


def agent(what: str, model: str = "gpt-4o", responses: bool = False, retries: int = 0, **more: Any) -> Any:
    import openai
    from pydantic_ai import Agent
    from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
    from pydantic_ai.providers.openai import OpenAIProvider

    provider = OpenAIProvider(openai_client=openai.AsyncOpenAI(max_retries=retries, **own("pydantic", what)))
    return Agent((OpenAIResponsesModel if responses else OpenAIChatModel)(model, provider=provider), **more)


async def check_pydantic_text() -> None:
    assert (await agent("text").run("/echo good morning")).output == "good morning"


async def check_pydantic_stream() -> None:
    async with agent("stream", "myna-fast").run_stream("/echo one two three four five six seven") as reply:
        parts = [part async for part in reply.stream_text(delta=True, debounce_by=None)]
    assert "".join(parts) == "one two three four five six seven"
    assert len(parts) > 2


async def check_pydantic_tools() -> None:
    for responses in (False, True):
        reply = await agent("tools", responses=responses, tools=[get_weather]).run("What is the weather in Oslo?")
        assert "12 degrees in Oslo" in reply.output


async def check_pydantic_structured() -> None:
    from pydantic_ai import NativeOutput, PromptedOutput

    for kind in (Plan, NativeOutput(Plan), PromptedOutput(Plan)):
        assert isinstance((await agent("structured", output_type=kind).run("A plan for Sunday")).output, Plan)


async def check_pydantic_retries() -> None:
    await queue_failures(key("pydantic", "retries"))
    assert (await agent("retries", retries=3).run("/echo at last")).output == "at last"


async def check_pydantic_timeout() -> None:
    try:
        await agent("timeout").run("/sleep 20", model_settings={"timeout": 0.5})
    except Exception as error:
        if "tim" in str(error).lower():
            return
        raise
    raise AssertionError("no time-out")


async def check_pydantic_cancel() -> None:
    async with agent("cancel", "myna-slow").run_stream("/long 3") as reply:
        async for _ in reply.stream_text(debounce_by=None):
            break
    await is_stopped(key("pydantic", "cancel"))


async def check_pydantic_responses() -> None:
    assert (await agent("responses", responses=True).run("/echo over responses")).output == "over responses"


# --- instructor ---


async def structured(mode: str) -> None:
    import instructor
    import openai

    client = instructor.from_openai(openai.AsyncOpenAI(max_retries=0, **own("instructor", mode)), mode=instructor.Mode[mode])
    messages = [{"role": "user", "content": "A plan for Sunday"}]
    plan = await client.chat.completions.create(model="gpt-4o", messages=messages, response_model=Plan, max_retries=0)
    assert isinstance(plan, Plan)


async def check_instructor_tools() -> None:
    await structured("TOOLS")


async def check_instructor_json() -> None:
    await structured("JSON")


async def check_instructor_json_schema() -> None:
    await structured("JSON_SCHEMA")


async def check_instructor_md_json() -> None:
    await structured("MD_JSON")


async def check_instructor_stream() -> None:
    import instructor
    import openai

    client = instructor.from_openai(openai.AsyncOpenAI(max_retries=0, **own("instructor", "stream")))
    messages = [{"role": "user", "content": "A plan for Sunday"}]
    last = None
    async for partial in client.chat.completions.create_partial(model="myna-fast", messages=messages, response_model=Plan):
        last = partial
    assert last is not None
    assert last.title


async def check_instructor_retries() -> None:
    import instructor
    import openai

    await queue_failures(key("instructor", "retries"))
    client = instructor.from_openai(openai.AsyncOpenAI(max_retries=3, **own("instructor", "retries")))
    messages = [{"role": "user", "content": "A plan for Sunday"}]
    assert isinstance(await client.chat.completions.create(model="gpt-4o", messages=messages, response_model=Plan), Plan)


# --- litellm ---


def litellm_arguments(what: str, text: str, model: str = "gpt-4o", **more: Any) -> dict[str, Any]:
    import litellm

    litellm.suppress_debug_info = True
    messages = [{"role": "user", "content": text}]
    return {"model": f"openai/{model}", "messages": messages, "api_base": BASE, "api_key": key("litellm", what), "max_retries": 0, **more}


async def check_litellm_text() -> None:
    from litellm import acompletion

    reply = await acompletion(**litellm_arguments("text", "/echo good morning"))
    assert reply.choices[0].message.content == "good morning"


async def check_litellm_stream() -> None:
    from litellm import acompletion

    stream: AsyncIterator[Any] = await acompletion(**litellm_arguments("stream", "/echo one two three four five", "myna-fast"), stream=True)
    parts = [chunk.choices[0].delta.content or "" async for chunk in stream]
    assert "".join(parts) == "one two three four five"


async def check_litellm_tools() -> None:
    from litellm import acompletion

    parameters = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    tool = {"type": "function", "function": {"name": "get_weather", "description": "The weather of a city.", "parameters": parameters}}
    given = litellm_arguments("tools", "What is the weather in Oslo?", tools=[tool])
    message = (await acompletion(**given)).choices[0].message
    (call,) = message.tool_calls
    assert json.loads(call.function.arguments) == {"city": "Oslo"}
    given["messages"] += [message.model_dump(), {"role": "tool", "tool_call_id": call.id, "content": get_weather("Oslo")}]
    assert "12 degrees" in (await acompletion(**given)).choices[0].message.content


async def check_litellm_structured() -> None:
    from litellm import acompletion

    reply = await acompletion(**litellm_arguments("structured", "A plan for Sunday", response_format=Plan))
    Plan.model_validate_json(reply.choices[0].message.content)


async def check_litellm_retries() -> None:
    from litellm import acompletion

    await queue_failures(key("litellm", "retries"))
    reply = await acompletion(**{**litellm_arguments("retries", "/echo at last"), "max_retries": 3})
    assert reply.choices[0].message.content == "at last"


async def check_litellm_timeout() -> None:
    import litellm

    try:
        await litellm.acompletion(**litellm_arguments("timeout", "/sleep 20", timeout=0.5))
    except litellm.Timeout:
        return
    raise AssertionError("no time-out")


async def check_litellm_responses() -> None:
    from litellm import aresponses

    given = litellm_arguments("responses", "")
    reply = await aresponses(model=given["model"], input="/echo over responses", api_base=BASE, api_key=given["api_key"])
    assert reply.output[0].content[0].text == "over responses"


async def main(client: str) -> None:
    """Run all checks of a client, one after another."""
    for name, check in list(globals().items()):
        if name.startswith(f"check_{client}_"):
            began, outcome = time.monotonic(), "ok"
            try:
                await asyncio.wait_for(check(), 60)
            except BaseException:
                outcome = traceback.format_exc()
            took = round(time.monotonic() - began, 2)
            sys.stdout.write(json.dumps({"check": name.removeprefix(f"check_{client}_"), "outcome": outcome, "seconds": took}) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
