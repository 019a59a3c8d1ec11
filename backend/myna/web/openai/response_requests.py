"""What clients of the Responses API send, brought to the form of a chat completion."""

from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from myna.protocol.validation_errors import wrong
from myna.slices import sliced
from myna.web.large_body import parse_body
from myna.web.openai.chat_messages import CalledFunction, CallMade, ChatMessage, ContentPart, Lenient
from myna.web.openai.requests import MODEL_LIMIT, CompletionRequest, FunctionDefinition, Limit
from myna.web.openai.schema import Fault


class InputItem(Lenient):
    """A message, a call that an earlier response made, or its result; other items are left alone."""

    type: str = "message"
    role: Literal["system", "developer", "user", "assistant"] | None = None
    content: str | list[ContentPart] | None = None
    call_id: str | None = None
    name: str | None = None
    arguments: str = "{}"
    output: str | list[ContentPart] | None = None

    def message(self) -> ChatMessage | None:
        """The same as a message of a chat completion."""
        if self.type == "function_call":
            call = CallMade(id=self.call_id or "", function=CalledFunction(name=self.name or "", arguments=self.arguments))
            return ChatMessage(role="assistant", tool_calls=[call])
        if self.type == "function_call_output":
            return ChatMessage.model_construct(role="tool", content=self.output, tool_call_id=self.call_id)
        return ChatMessage.model_construct(role=self.role, content=self.content) if self.role is not None else None


class FunctionTool(FunctionDefinition):
    """A function that may be called."""

    type: Literal["function"]


class NamedFunctionTool(Lenient):
    """The one tool to call."""

    type: Literal["function"]
    name: str


class TextFormat(Lenient):
    """Text, any JSON object, or JSON that is valid by a schema."""

    type: Literal["text", "json_object", "json_schema"] = "text"
    name: str = ""
    schema_: Annotated[dict[str, Any] | None, Field(alias="schema")] = None


class TextOptions(Lenient):
    """What the text must be."""

    format: TextFormat | None = None


class ResponsesRequest(Lenient):
    """The body of POST /v1/responses, as far as it is looked at; other fields are ignored."""

    model: Annotated[str, Field(max_length=MODEL_LIMIT)]
    input: str | Annotated[list[InputItem], Field(min_length=1)]
    instructions: str | None = None
    stream: bool | None = None
    max_output_tokens: Limit | None = None
    tools: Annotated[list[FunctionTool], Field(max_length=128)] | None = None
    tool_choice: Literal["none", "auto", "required"] | NamedFunctionTool | None = None
    parallel_tool_calls: bool | None = None
    text: TextOptions | None = None
    metadata: dict[str, str] | None = None
    previous_response_id: Annotated[None, Field(description="not supported: send the conversation as `input`")] = None

    async def completion(self) -> CompletionRequest:
        """The same as a request for a chat completion."""
        messages = [ChatMessage(role="system", content=self.instructions)] if self.instructions else []
        async with sliced() as pause:
            for item in [InputItem(role="user", content=self.input)] if isinstance(self.input, str) else self.input:
                if (message := item.message()) is not None:
                    messages.append(message)
                await pause()
        if not any(message.role == "user" for message in messages):
            raise Fault("input needs an item with the role user: it is the one that is answered.", param="input")
        form = self.text.format if self.text is not None else None
        choice: Any = self.tool_choice
        if isinstance(choice, NamedFunctionTool):
            choice = {"type": "function", "function": {"name": choice.name}}
        tools = [{"type": "function", "function": tool.model_dump(exclude={"type"})} for tool in self.tools or ()]
        wanted = form and {"type": form.type, "json_schema": {"name": form.name, "schema": form.schema_} if form.schema_ else None}
        data = {
            "model": self.model, "messages": [{"role": "user"}], "stream": self.stream, "max_tokens": self.max_output_tokens,
            "tools": tools or None, "tool_choice": choice, "response_format": wanted, "metadata": self.metadata,
        }  # fmt: skip
        # The messages have been read already.
        return await CompletionRequest.model_validate(data).model_copy(update={"messages": messages}).prepared()


async def read(data: str | bytes) -> ResponsesRequest:
    """A request's body. Raises `Fault`, which names the field and what it takes."""
    try:
        return await parse_body(ResponsesRequest, data)
    except ValidationError as error:
        found = wrong(error, (ResponsesRequest,))
        raise Fault(f"{found.sentence}.", param=found.place or None) from None
