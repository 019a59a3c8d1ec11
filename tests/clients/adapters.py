"""Each client library behind one small interface, used as its own documents say; only base URL and key are changed."""

import json
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol, runtime_checkable

import instructor
import litellm
import openai
from langchain_core.messages import AnyMessage, HumanMessage, ToolMessage
from langchain_openai import ChatOpenAI
from pydantic import BaseModel
from pydantic_ai import Agent, NativeOutput, PromptedOutput, ToolOutput
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.openai import OpenAIProvider

litellm.telemetry = False
litellm.suppress_debug_info = True

MODEL = "gpt-4o"
TURNS = 5  # by which an agent's loop must have ended


@dataclass(frozen=True)
class Endpoint:
    """Where a client goes, and how patient it is."""

    url: str
    key: str
    retries: int = 0
    timeout_s: float = 60.0

    def openai(self) -> openai.AsyncOpenAI:
        return openai.AsyncOpenAI(base_url=self.url, api_key=self.key, max_retries=self.retries, timeout=self.timeout_s)


class Step(BaseModel):
    """A part of a plan."""

    explanation: str
    minutes: int


class Plan(BaseModel):
    """A plan for a day."""

    title: str
    steps: list[Step]


def get_weather(city: str, unit: Literal["celsius", "fahrenheit"]) -> str:
    """The weather of a city."""
    return json.dumps({"city": city, "unit": unit, "degrees": 12})


FUNCTION: dict[str, Any] = {
    "name": "get_weather",
    "description": "The weather of a city.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]}},
        "required": ["city", "unit"],
        "additionalProperties": False,
    },
}
CHAT_TOOLS: list[Any] = [{"type": "function", "function": FUNCTION}]
RESPONSES_TOOLS: list[Any] = [{"type": "function", "strict": True, **FUNCTION}]


class Adapter(ABC):
    """What a test does with any library. What not every one can do stands in the protocols below."""

    retries: ClassVar[bool] = True  # it tries again by itself, as often as the endpoint says

    @abstractmethod
    async def call(self, at: Endpoint, prompt: str) -> object:
        """One call of any kind."""


class Texts(Adapter):
    """A library that gives an answer as text, whole and part by part."""

    @abstractmethod
    async def text(self, at: Endpoint, prompt: str) -> str:
        """One answer."""

    @abstractmethod
    def stream(self, at: Endpoint, prompt: str) -> AsyncIterator[str]:
        """The same part by part."""

    async def call(self, at: Endpoint, prompt: str) -> object:
        return await self.text(at, prompt)


@runtime_checkable
class Agents(Protocol):
    """A library that runs tools."""

    async def agent(self, at: Endpoint, prompt: str) -> str:
        """The last answer of a loop that calls `get_weather` as often as it is told to."""
        ...


@runtime_checkable
class Fills(Protocol):
    """A library with structured output, in one or several ways."""

    formats: ClassVar[tuple[str, ...]]

    async def fill(self, at: Endpoint, prompt: str, form: str) -> Plan:
        """A plan, in this way."""
        ...


class OpenAIChat(Texts):
    """`openai`, chat completions."""

    formats = ("default",)

    async def text(self, at: Endpoint, prompt: str) -> str:
        done = await at.openai().chat.completions.create(model=MODEL, messages=[{"role": "user", "content": prompt}])
        return done.choices[0].message.content or ""

    async def stream(self, at: Endpoint, prompt: str) -> AsyncIterator[str]:
        async with await at.openai().chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": prompt}], stream=True
        ) as chunks:
            async for chunk in chunks:
                yield chunk.choices[0].delta.content or ""

    async def agent(self, at: Endpoint, prompt: str) -> str:
        messages: list[Any] = [{"role": "user", "content": prompt}]
        for _ in range(TURNS):
            done = await at.openai().chat.completions.create(model=MODEL, messages=messages, tools=CHAT_TOOLS)
            message = done.choices[0].message
            if not message.tool_calls:
                return message.content or ""
            messages += [message, *map(_called, message.tool_calls)]
        raise AssertionError("The loop did not end.")

    async def fill(self, at: Endpoint, prompt: str, form: str) -> Plan:
        done = await at.openai().chat.completions.parse(model=MODEL, messages=[{"role": "user", "content": prompt}], response_format=Plan)
        assert done.choices[0].message.parsed is not None
        return done.choices[0].message.parsed


def _called(call: Any) -> dict[str, str]:
    result = get_weather(**json.loads(call.function.arguments))
    return {"role": "tool", "tool_call_id": call.id, "content": result}


def _called_item(call: Any) -> dict[str, str]:
    return {"type": "function_call_output", "call_id": call.call_id, "output": get_weather(**json.loads(call.arguments))}


class OpenAIResponses(Texts):
    """`openai`, Responses."""

    formats = ("default",)

    async def text(self, at: Endpoint, prompt: str) -> str:
        return (await at.openai().responses.create(model=MODEL, input=prompt)).output_text

    async def stream(self, at: Endpoint, prompt: str) -> AsyncIterator[str]:
        async with await at.openai().responses.create(model=MODEL, input=prompt, stream=True) as events:
            async for event in events:
                if event.type == "response.output_text.delta":
                    yield event.delta

    async def agent(self, at: Endpoint, prompt: str) -> str:
        items: list[Any] = [{"role": "user", "content": prompt}]
        for _ in range(TURNS):
            done = await at.openai().responses.create(model=MODEL, input=items, tools=RESPONSES_TOOLS)
            calls = [item for item in done.output if item.type == "function_call"]
            if not calls:
                return done.output_text
            items += done.output
            items += map(_called_item, calls)
        raise AssertionError("The loop did not end.")

    async def fill(self, at: Endpoint, prompt: str, form: str) -> Plan:
        plan = (await at.openai().responses.parse(model=MODEL, input=prompt, text_format=Plan)).output_parsed
        assert plan is not None
        return plan


class LangChain(Texts):
    """`langchain-openai`, either API."""

    formats = ("json_schema", "function_calling", "json_mode")

    def __init__(self, *, responses: bool) -> None:
        self._responses = responses

    def _model(self, at: Endpoint) -> ChatOpenAI:
        return ChatOpenAI(
            model=MODEL, base_url=at.url, api_key=at.key, max_retries=at.retries, timeout=at.timeout_s, use_responses_api=self._responses
        )

    async def text(self, at: Endpoint, prompt: str) -> str:
        return str((await self._model(at).ainvoke(prompt)).text)

    async def stream(self, at: Endpoint, prompt: str) -> AsyncIterator[str]:
        async for chunk in self._model(at).astream(prompt):
            yield str(chunk.text)

    async def agent(self, at: Endpoint, prompt: str) -> str:
        model = self._model(at).bind_tools([get_weather])
        messages: list[AnyMessage] = [HumanMessage(prompt)]
        for _ in range(TURNS):
            answer = await model.ainvoke(messages)
            if not answer.tool_calls:
                return str(answer.text)
            messages += [answer, *(ToolMessage(get_weather(**call["args"]), tool_call_id=call["id"]) for call in answer.tool_calls)]
        raise AssertionError("The loop did not end.")

    async def fill(self, at: Endpoint, prompt: str, form: str) -> Plan:
        if form == "json_mode":  # it leaves the schema to the prompt
            prompt += f" Answer with JSON by this schema: {json.dumps(Plan.model_json_schema())}"
        plan: Plan = await self._model(at).with_structured_output(Plan, method=form).ainvoke(prompt)
        return plan


class PydanticAI(Texts):
    """`pydantic-ai`, either API; its own loop calls the tools."""

    formats = ("tool", "native", "prompted")

    def __init__(self, *, responses: bool) -> None:
        self._kind = OpenAIResponsesModel if responses else OpenAIChatModel

    def _agent(self, at: Endpoint, **options: Any) -> Any:
        return Agent(self._kind(MODEL, provider=OpenAIProvider(openai_client=at.openai())), **options)

    async def text(self, at: Endpoint, prompt: str) -> str:
        output: str = (await self._agent(at).run(prompt)).output
        return output

    async def stream(self, at: Endpoint, prompt: str) -> AsyncIterator[str]:
        async with self._agent(at).run_stream(prompt) as result:
            async for text in result.stream_text(delta=True, debounce_by=None):
                yield text

    async def agent(self, at: Endpoint, prompt: str) -> str:
        output: str = (await self._agent(at, tools=[get_weather]).run(prompt)).output
        return output

    async def fill(self, at: Endpoint, prompt: str, form: str) -> Plan:
        kinds: dict[str, Callable[[type[Plan]], Any]] = {"tool": ToolOutput, "native": NativeOutput, "prompted": PromptedOutput}
        plan: Plan = (await self._agent(at, output_type=kinds[form](Plan)).run(prompt)).output
        return plan


class Instructor(Adapter):
    """`instructor`: structured output and nothing else."""

    formats = ("TOOLS", "TOOLS_STRICT", "JSON", "JSON_SCHEMA", "MD_JSON", "RESPONSES_TOOLS")

    async def call(self, at: Endpoint, prompt: str) -> object:
        return await self.fill(at, prompt, "TOOLS")

    async def fill(self, at: Endpoint, prompt: str, form: str) -> Plan:
        client = instructor.from_openai(at.openai(), mode=instructor.Mode[form])
        plan: Plan = await client.create(model=MODEL, response_model=Plan, messages=[{"role": "user", "content": prompt}], max_retries=0)
        return plan


def _place(at: Endpoint) -> dict[str, Any]:
    """Where and how LiteLLM calls."""
    return {"model": f"openai/{MODEL}", "api_base": at.url, "api_key": at.key, "max_retries": at.retries, "timeout": at.timeout_s}


class LiteLLM(Texts):
    """`litellm`, chat completions."""

    formats = ("default",)

    async def _complete(self, at: Endpoint, messages: list[Any], **options: Any) -> Any:
        return await litellm.acompletion(messages=messages, **_place(at), **options)

    async def text(self, at: Endpoint, prompt: str) -> str:
        done = await self._complete(at, [{"role": "user", "content": prompt}])
        return done.choices[0].message.content or ""

    async def stream(self, at: Endpoint, prompt: str) -> AsyncIterator[str]:
        async for chunk in await self._complete(at, [{"role": "user", "content": prompt}], stream=True):
            yield chunk.choices[0].delta.content or ""

    async def agent(self, at: Endpoint, prompt: str) -> str:
        messages: list[Any] = [{"role": "user", "content": prompt}]
        for _ in range(TURNS):
            message = (await self._complete(at, messages, tools=CHAT_TOOLS)).choices[0].message
            if not message.tool_calls:
                return message.content or ""
            messages += [message, *map(_called, message.tool_calls)]
        raise AssertionError("The loop did not end.")

    async def fill(self, at: Endpoint, prompt: str, form: str) -> Plan:
        done = await self._complete(at, [{"role": "user", "content": prompt}], response_format=Plan)
        return Plan.model_validate_json(done.choices[0].message.content)


class LiteLLMResponses(Texts):
    """`litellm`, Responses; `max_retries` does nothing there."""

    retries = False
    formats = ("default",)

    async def text(self, at: Endpoint, prompt: str) -> str:
        text: str = (await litellm.aresponses(input=prompt, **_place(at))).output_text
        return text

    async def stream(self, at: Endpoint, prompt: str) -> AsyncIterator[str]:
        async for event in await litellm.aresponses(input=prompt, stream=True, **_place(at)):
            if event.type == "response.output_text.delta":
                yield event.delta

    async def agent(self, at: Endpoint, prompt: str) -> str:
        items: list[Any] = [{"role": "user", "content": prompt}]
        for _ in range(TURNS):
            done = await litellm.aresponses(input=items, tools=RESPONSES_TOOLS, **_place(at))
            calls = [item for item in done.output if item.type == "function_call"]
            if not calls:
                return str(done.output_text)
            items += [*(call.model_dump() for call in calls), *map(_called_item, calls)]
        raise AssertionError("The loop did not end.")

    async def fill(self, at: Endpoint, prompt: str, form: str) -> Plan:
        return Plan.model_validate_json((await litellm.aresponses(input=prompt, text_format=Plan, **_place(at))).output_text)


ADAPTERS: dict[str, Adapter] = {
    "openai": OpenAIChat(),
    "openai-responses": OpenAIResponses(),
    "langchain": LangChain(responses=False),
    "langchain-responses": LangChain(responses=True),
    "pydantic-ai": PydanticAI(responses=False),
    "pydantic-ai-responses": PydanticAI(responses=True),
    "instructor": Instructor(),
    "litellm": LiteLLM(),
    "litellm-responses": LiteLLMResponses(),
}
