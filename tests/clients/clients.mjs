// What the JavaScript clients of OpenAI's API do with `/v1`: node clients.mjs <client> <node's URL>. Prints a line of JSON for each check.

import assert from 'node:assert/strict';

const [client, url] = process.argv.slice(2);
const baseURL = `${url}/v1`;
const key = (what) => `js-${client}-${what}-${process.pid}`;
const FAILURES = ['rate_limited', 'server_error', 'overloaded']; // 429, 500, 503
const PLAN = {
  type: 'object',
  properties: { title: { type: 'string' }, minutes: { type: 'array', items: { type: 'integer' } } },
  required: ['title', 'minutes'],
  additionalProperties: false,
};
const SEVEN = 'one two three four five six seven';

async function mock(what, path, init = {}) {
  const answer = await fetch(url + path, {
    ...init,
    headers: { Authorization: `Bearer ${key(what)}`, 'Content-Type': 'application/json' },
  });
  assert.ok(answer.ok, await answer.clone().text());
  return answer.json();
}

async function queueFailures(what) {
  for (const code of FAILURES)
    await mock(what, '/api/mock/failures', { method: 'POST', body: JSON.stringify({ code, retry_after_s: 0.5 }) });
}

/** The model stops soon after the client has left. */
async function isStopped(what) {
  let items = [];
  for (let n = 0; n < 100; n++) {
    ({ items } = await mock(what, '/api/mock/journal'));
    if (items.length === 1 && items[0].status === 'stopped') return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.fail(JSON.stringify(items));
}

async function openaiChecks() {
  const { default: OpenAI } = await import('openai');
  const { zodResponseFormat } = await import('openai/helpers/zod');
  const { z } = await import('zod');
  const at = (what, more = {}) => new OpenAI({ baseURL, apiKey: key(what), maxRetries: 0, ...more });
  const user = (content) => [{ role: 'user', content }];
  const model = 'gpt-4o';
  return {
    async text() {
      const reply = await at('text').chat.completions.create({ model, messages: user('/echo good morning') });
      assert.equal(reply.choices[0].message.content, 'good morning');
    },
    async stream() {
      const stream = await at('stream').chat.completions.create({ model: 'myna-fast', messages: user(`/echo ${SEVEN}`), stream: true });
      const parts = [];
      for await (const chunk of stream) parts.push(chunk.choices[0]?.delta?.content ?? '');
      assert.equal(parts.join(''), SEVEN);
    },
    async tools() {
      const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
      const asked = [];
      const weather = { name: 'get_weather', description: 'The weather of a city.', parameters, parse: JSON.parse };
      const runner = at('tools').chat.completions.runTools({
        model,
        messages: user('What is the weather in Oslo?'),
        tools: [{ type: 'function', function: { ...weather, function: ({ city }) => (asked.push(city), `12 degrees in ${city}`) } }],
      });
      assert.match(await runner.finalContent(), /12 degrees/);
      assert.deepEqual(asked, ['Oslo']);
    },
    async structured() {
      const response_format = zodResponseFormat(z.object({ title: z.string(), minutes: z.array(z.number()) }), 'plan');
      const reply = await at('structured').chat.completions.parse({ model, messages: user('A plan for Sunday'), response_format });
      assert.ok(reply.choices[0].message.parsed.title);
    },
    async retries() {
      await queueFailures('retries');
      const reply = await at('retries', { maxRetries: 3 }).chat.completions.create({ model, messages: user('/echo at last') });
      assert.equal(reply.choices[0].message.content, 'at last');
    },
    async timeout() {
      const late = at('timeout', { timeout: 500 }).chat.completions.create({ model, messages: user('/sleep 20') });
      await assert.rejects(late, OpenAI.APIConnectionTimeoutError);
    },
    async cancel() {
      const stream = await at('cancel').chat.completions.create({ model: 'myna-slow', messages: user('/long 3'), stream: true });
      for await (const _ of stream) break;
      stream.controller.abort();
      await isStopped('cancel');
    },
    async responses() {
      const reply = await at('responses').responses.create({ model, input: '/echo over responses' });
      assert.equal(reply.output_text, 'over responses');
    },
  };
}

async function aiChecks(provider) {
  const { generateObject, generateText, isStepCount, jsonSchema, streamText, tool } = await import('ai');
  const model = (what, name = 'gpt-4o') => provider(key(what), name);
  const weather = tool({
    description: 'The weather of a city.',
    inputSchema: jsonSchema({ type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false }),
    execute: async ({ city }) => `12 degrees in ${city}`,
  });
  return {
    async text() {
      const { text } = await generateText({ model: model('text'), prompt: '/echo good morning', maxRetries: 0 });
      assert.equal(text, 'good morning');
    },
    async stream() {
      const parts = [];
      for await (const part of streamText({ model: model('stream', 'myna-fast'), prompt: `/echo ${SEVEN}`, maxRetries: 0 }).textStream)
        parts.push(part);
      assert.equal(parts.join(''), SEVEN);
      assert.ok(parts.length > 2);
    },
    async tools() {
      const prompt = 'What is the weather in Oslo?';
      const { text, steps } = await generateText({ model: model('tools'), prompt, tools: { weather }, stopWhen: isStepCount(5), maxRetries: 0 });
      assert.equal(steps.length, 2);
      assert.match(text, /12 degrees in Oslo/);
    },
    async structured() {
      const given = { model: model('structured'), schema: jsonSchema(PLAN), prompt: 'A plan for Sunday', maxRetries: 0 };
      assert.ok((await generateObject(given)).object.title);
    },
    async retries() {
      await queueFailures('retries');
      const { text } = await generateText({ model: model('retries'), prompt: '/echo at last', maxRetries: 3 });
      assert.equal(text, 'at last');
    },
    async streamed_retries() {
      await queueFailures('streamed_retries');
      assert.equal(await streamText({ model: model('streamed_retries'), prompt: '/echo at last', maxRetries: 3 }).text, 'at last');
    },
    async timeout() {
      const late = generateText({ model: model('timeout'), prompt: '/sleep 20', maxRetries: 0, abortSignal: AbortSignal.timeout(500) });
      await assert.rejects(late);
    },
    async cancel() {
      const abort = new AbortController();
      const { textStream } = streamText({ model: model('cancel', 'myna-slow'), prompt: '/long 3', abortSignal: abort.signal, maxRetries: 0 });
      for await (const _ of textStream) break;
      abort.abort();
      await isStopped('cancel');
    },
  };
}

const CLIENTS = {
  openai: openaiChecks,
  async ai_responses() {
    const { createOpenAI } = await import('@ai-sdk/openai');
    return aiChecks((apiKey, name) => createOpenAI({ baseURL, apiKey })(name));
  },
  async ai_chat() {
    const { createOpenAI } = await import('@ai-sdk/openai');
    return aiChecks((apiKey, name) => createOpenAI({ baseURL, apiKey }).chat(name));
  },
  async ai_compatible() {
    const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible');
    return aiChecks((apiKey, name) => createOpenAICompatible({ name: 'myna', baseURL, apiKey, supportsStructuredOutputs: true })(name));
  },
};

for (const [check, run] of Object.entries(await CLIENTS[client]())) {
  const began = performance.now();
  let outcome = 'ok';
  try {
    await run();
  } catch (error) {
    outcome = error.stack ?? String(error);
  }
  console.log(JSON.stringify({ check, outcome, seconds: Math.round(performance.now() - began) / 1000 }));
}
process.exit(0);
