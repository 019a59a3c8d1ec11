// Text, streams, tools, structured output, retries, time-outs and cancellation: the same for each client library in JavaScript.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateObject, generateText, isStepCount, streamText, tool } from 'ai';
import OpenAI from 'openai';
import { zodResponseFormat, zodTextFormat } from 'openai/helpers/zod';
import { z } from 'zod';

globalThis.AI_SDK_LOG_WARNINGS = false;

const ROOT = new URL('../../', import.meta.url);
const MODEL = 'gpt-4o';
const TIMEOUT_MS = 2_000; // enough for a request to get to the node on a busy machine
const WAIT_MS = 20_000; // for what takes some milliseconds on an idle machine
const RETRY_AFTER_MS = 1_000; // of 429 and 503, as the node answers them

const Plan = z.object({ title: z.string(), steps: z.array(z.object({ explanation: z.string(), minutes: z.int() })) });
const Place = z.object({ city: z.string(), unit: z.enum(['celsius', 'fahrenheit']) });
const weather = ({ city, unit }) => JSON.stringify({ city, unit, degrees: 12 });
const WEATHER = 'The weather of a city.';

/** OpenAI's own library. `at` is where to go and how patient to be: url, key, retries, timeoutMs. */
const openai = (at) => new OpenAI({ baseURL: at.url, apiKey: at.key, maxRetries: at.retries, timeout: at.timeoutMs });
const message = (content) => [{ role: 'user', content }];

const openaiChat = {
  async text(at, prompt, signal) {
    const done = await openai(at).chat.completions.create({ model: MODEL, messages: message(prompt) }, { signal });
    return done.choices[0].message.content;
  },
  async *stream(at, prompt, signal) {
    const chunks = await openai(at).chat.completions.create(
      { model: MODEL, messages: message(prompt), stream: true },
      { signal },
    );
    for await (const chunk of chunks) yield chunk.choices[0].delta.content ?? '';
  },
  async agent(at, prompt) {
    const parameters = z.toJSONSchema(Place);
    const tools = [
      {
        type: 'function',
        function: { name: 'get_weather', description: WEATHER, parameters, function: weather, parse: JSON.parse },
      },
    ];
    const runner = openai(at).chat.completions.runTools({ model: MODEL, messages: message(prompt), tools });
    return runner.finalContent();
  },
  async fill(at, prompt) {
    const response_format = zodResponseFormat(Plan, 'plan');
    const done = await openai(at).chat.completions.parse({ model: MODEL, messages: message(prompt), response_format });
    return done.choices[0].message.parsed;
  },
};

const openaiResponses = {
  async text(at, prompt, signal) {
    return (await openai(at).responses.create({ model: MODEL, input: prompt }, { signal })).output_text;
  },
  async *stream(at, prompt, signal) {
    const events = await openai(at).responses.create({ model: MODEL, input: prompt, stream: true }, { signal });
    for await (const event of events) if (event.type === 'response.output_text.delta') yield event.delta;
  },
  async agent(at, prompt) {
    const input = message(prompt);
    const tools = [
      { type: 'function', name: 'get_weather', description: WEATHER, parameters: z.toJSONSchema(Place), strict: true },
    ];
    for (let turn = 0; turn < 5; turn++) {
      const done = await openai(at).responses.create({ model: MODEL, input, tools });
      const calls = done.output.filter((item) => item.type === 'function_call');
      if (calls.length === 0) return done.output_text;
      const results = calls.map((call) => ({
        type: 'function_call_output',
        call_id: call.call_id,
        output: weather(JSON.parse(call.arguments)),
      }));
      input.push(...done.output, ...results);
    }
    throw new Error('The loop did not end.');
  },
  async fill(at, prompt) {
    const text = { format: zodTextFormat(Plan, 'plan') };
    return (await openai(at).responses.parse({ model: MODEL, input: prompt, text })).output_parsed;
  },
};

/** The AI SDK with a provider's model; `form` is what a prompt for structured output says of its form. */
function aiSdk(modelAt, form = '') {
  const options = (at, prompt, signal) => {
    const patience = at.timeoutMs && AbortSignal.timeout(at.timeoutMs);
    return { model: modelAt(at), prompt, maxRetries: at.retries, abortSignal: signal ?? patience };
  };
  return {
    async text(at, prompt, signal) {
      return (await generateText(options(at, prompt, signal))).text;
    },
    async *stream(at, prompt, signal) {
      for await (const part of streamText(options(at, prompt, signal)).fullStream) {
        if (part.type === 'text-delta') yield part.text;
        if (part.type === 'error') throw part.error;
      }
    },
    async agent(at, prompt) {
      const tools = { get_weather: tool({ description: WEATHER, inputSchema: Place, execute: weather }) };
      return (await generateText({ ...options(at, prompt), tools, stopWhen: isStepCount(5) })).text;
    },
    async streamedAgent(at, prompt) {
      const tools = { get_weather: tool({ description: WEATHER, inputSchema: Place, execute: weather }) };
      return streamText({ ...options(at, prompt), tools, stopWhen: isStepCount(5) }).text;
    },
    async fill(at, prompt) {
      return (await generateObject({ ...options(at, `${prompt} ${form}`), schema: Plan })).object;
    },
  };
}

const CLIENTS = {
  openai: openaiChat,
  'openai, responses': openaiResponses,
  'ai with openai': aiSdk((at) => createOpenAI({ baseURL: at.url, apiKey: at.key })(MODEL)), // its default is Responses
  'ai with openai.chat': aiSdk((at) => createOpenAI({ baseURL: at.url, apiKey: at.key }).chat(MODEL)),
  'ai with openai-compatible': aiSdk((at) =>
    createOpenAICompatible({ name: 'myna', baseURL: at.url, apiKey: at.key, supportsStructuredOutputs: true })(MODEL),
  ),
  // As it is without `supportsStructuredOutputs`: it asks for a JSON object, and the prompt has to say which.
  'ai with openai-compatible, json_object': aiSdk(
    (at) => createOpenAICompatible({ name: 'myna', baseURL: at.url, apiKey: at.key })(MODEL),
    `as JSON by this schema: ${JSON.stringify(z.toJSONSchema(Plan))}`,
  ),
};

let node, url;

before(async () => {
  node = spawn('.venv/bin/python', ['-m', 'tests.clients.served_node'], {
    cwd: ROOT,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  [url] = await once(createInterface(node.stdout), 'line');
});

after(async () => {
  const exit = once(node, 'exit');
  node.stdin.end();
  await exit;
});

/** The endpoint of one test: nobody else has its key, so nobody meets its failures. */
function endpoint(more) {
  return { url: `${url}/v1`, key: `sk-${crypto.randomUUID()}`, retries: 0, ...more };
}

async function control(at, path, body) {
  const answer = await fetch(`${url}/api/mock/${path}`, {
    method: body ? 'POST' : 'GET',
    headers: { authorization: `Bearer ${at.key}` },
    body: body && JSON.stringify(body),
  });
  assert.ok(answer.ok, `${answer.status} of ${path}`);
  return answer.json();
}

const journal = async (at) => (await control(at, 'journal')).items;

async function untilFirstIs(at, status) {
  const due = Date.now() + WAIT_MS;
  while ((await journal(at))[0]?.status !== status) {
    assert.ok(Date.now() < due, `the reply is not ${status}`);
    await sleep(50);
  }
}

const statusOf = (error) => error.status ?? error.statusCode ?? (error.lastError ?? error.cause)?.statusCode;

for (const [name, client] of Object.entries(CLIENTS)) {
  describe(name, { concurrency: true }, () => {
    test(`a question gets its answer`, async () => {
      assert.equal(await client.text(endpoint(), '/echo good morning'), 'good morning');
    });

    test(`a stream has the whole answer in parts`, async () => {
      const at = endpoint();
      const parts = [];
      for await (const part of client.stream(at, '/play letter-by-letter')) if (part) parts.push(part);
      assert.ok(parts.length > 5);
      assert.equal(parts.join(''), await client.text(at, '/play letter-by-letter'));
    });

    for (const kind of ['agent', 'streamedAgent'].filter((kind) => kind in client)) {
      test(`${kind === 'agent' ? 'an agent' : 'a streamed agent'} calls its tool once and ends with what it said`, async () => {
        const at = endpoint();
        assert.match(await client[kind](at, 'What is the weather in Oslo, in celsius?'), /12/);
        assert.equal((await journal(at)).length, 2);
      });
    }

    test(`structured output is what the client's schema asks for`, async () => {
      const plan = Plan.parse(await client.fill(endpoint(), 'A plan for Sunday'));
      assert.ok(plan.title && plan.steps.length > 0);
    });

    for (const [code, status] of [
      ['rate_limited', 429],
      ['server_error', 500],
      ['overloaded', 503],
    ]) {
      test(`${status} is retried, and Retry-After is kept`, async () => {
        const at = endpoint({ retries: 2 });
        await control(at, 'failures', { code });
        const began = Date.now();
        assert.ok(await client.text(at, 'Why do bridges hum?'));
        assert.deepEqual(
          (await journal(at)).map((one) => one.status),
          ['failed', 'complete'],
        );
        if (status !== 500) assert.ok(Date.now() - began >= RETRY_AFTER_MS - 20); // timers round to milliseconds
      });
    }

    for (const [code, status] of [
      ['context_length', 400],
      ['rate_limited', 429],
      ['server_error', 500],
      ['overloaded', 503],
    ]) {
      test(`without retries ${code} is an error with the status ${status}`, async () => {
        const at = endpoint();
        await control(at, 'failures', { code });
        await assert.rejects(client.text(at, 'Why do bridges hum?'), (error) => statusOf(error) === status);
        assert.equal((await journal(at)).length, 1);
      });
    }

    test(`a time-out stops the reply`, async () => {
      const at = endpoint({ timeoutMs: TIMEOUT_MS });
      await assert.rejects(client.text(at, '/sleep 30'), /timed out|timeout/i);
      await untilFirstIs(at, 'stopped');
    });

    test(`a call that is cancelled stops the reply`, async () => {
      const at = endpoint();
      const cancel = new AbortController();
      const call = assert.rejects(client.text(at, '/sleep 30', cancel.signal));
      await untilFirstIs(at, 'streaming');
      cancel.abort();
      await call;
      await untilFirstIs(at, 'stopped');
    });

    test(`a stream that is cancelled stops the reply`, async () => {
      const at = endpoint();
      const cancel = new AbortController();
      try {
        for await (const part of client.stream(at, '/slow 0.3', cancel.signal)) if (part) cancel.abort();
      } catch (error) {
        assert.ok(cancel.signal.aborted, error);
      }
      await untilFirstIs(at, 'stopped');
    });
  });
}
