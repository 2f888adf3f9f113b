// The official SDK runs, streams, continues and resumes threads through troupe.
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { Codex } from "@openai/codex-sdk";

import { completed, created, failure, message, reply, shellCall, startProvider } from "./provider.mjs";

const troupe = process.env.TROUPE_PROGRAM;
let home;

before(() => {
  assert.ok(troupe, "TROUPE_PROGRAM names the program under test");
  home = mkdtempSync(join(tmpdir(), "troupe-sdk-home-"));
});
after(() => rmSync(home, { recursive: true, force: true }));

const environment = () => ({ PATH: process.env.PATH, HOME: home, CODEX_HOME: home });

function client(provider, options = {}) {
  return new Codex({
    codexPathOverride: troupe,
    baseUrl: provider.url,
    apiKey: "test",
    env: environment(),
    ...options,
  });
}

const anywhere = { skipGitRepoCheck: true };

async function withProvider(answers, body) {
  const provider = await startProvider(answers);
  try {
    await body(provider);
  } finally {
    await provider.close();
  }
}

test("run returns items, final response and usage, and the thread gets its id", () =>
  withProvider([reply("Hi!")], async (provider) => {
    const thread = client(provider).startThread(anywhere);
    const result = await thread.run("Hello, world!");
    assert.deepEqual(
      result.items.map(({ type, text }) => ({ type, text })),
      [{ type: "agent_message", text: "Hi!" }],
    );
    assert.equal(result.finalResponse, "Hi!");
    assert.equal(result.usage.input_tokens, 42);
    assert.equal(result.usage.cached_input_tokens, 12);
    assert.equal(result.usage.output_tokens, 5);
    assert.equal(typeof thread.id, "string");
    assert.equal(provider.requests[0].headers.originator, "codex_sdk_ts");
    assert.equal(provider.requests[0].headers.authorization, "Bearer test");
  }));

test("runStreamed yields exactly the events of a clean turn", () =>
  withProvider([reply("Hi!")], async (provider) => {
    const thread = client(provider).startThread(anywhere);
    const { events } = await thread.runStreamed("Hello");
    const seen = [];
    for await (const event of events) seen.push(event);
    assert.deepEqual(
      seen.map((event) => event.type),
      ["thread.started", "turn.started", "item.completed", "turn.completed"],
    );
    assert.equal(seen[2].item.id, "item_0");
  }));

test("a second turn carries the first one, and so does a resumed thread", () =>
  withProvider([reply("First"), reply("Second"), reply("Third")], async (provider) => {
    const codex = client(provider);
    const thread = codex.startThread(anywhere);
    await thread.run("one");
    await thread.run("two");
    const resumed = codex.resumeThread(thread.id, anywhere);
    const result = await resumed.run("three");
    assert.equal(result.finalResponse, "Third");
    assert.equal(resumed.id, thread.id);
    for (const [index, answer, prompt] of [
      [1, "First", "two"],
      [2, "Second", "three"],
    ]) {
      const { input } = provider.requests[index].json;
      const earlier = input.filter((item) => item.role === "assistant").map((item) => item.content[0].text);
      assert.ok(earlier.includes(answer), `request ${index} carries the earlier answer`);
      assert.equal(input.at(-1).content[0].text, prompt);
    }
    assert.equal(result.usage.input_tokens, 126, "usage counts the whole thread");
  }));

test("a command the model calls runs, and its items stream", () =>
  withProvider([[created, shellCall("echo troupe-was-here"), completed], reply("done")], async (provider) => {
    const thread = client(provider).startThread({ ...anywhere, sandboxMode: "workspace-write" });
    const { events } = await thread.runStreamed("run it");
    const items = [];
    for await (const event of events) if (event.type.startsWith("item.")) items.push(event);
    assert.deepEqual(
      items.map((event) => [event.type, event.item.type]),
      [
        ["item.started", "command_execution"],
        ["item.completed", "command_execution"],
        ["item.completed", "agent_message"],
      ],
    );
    assert.equal(items[1].item.aggregated_output, "troupe-was-here\n");
    assert.equal(items[1].item.exit_code, 0);
    const output = provider.requests[1].json.input.at(-1);
    assert.equal(output.type, "function_call_output");
    assert.match(output.output, /troupe-was-here/);
  }));

test("model, effort, schema and several inputs reach the provider", () =>
  withProvider([reply('{"answer":"42"}')], async (provider) => {
    const schema = { type: "object", properties: { answer: { type: "string" } }, required: ["answer"] };
    const thread = client(provider, { config: { retry_budget: 3, tool_rules: { allow: ["git status"] } } }).startThread({
      ...anywhere,
      model: "gpt-5.1",
      modelReasoningEffort: "high",
      approvalPolicy: "on-request",
      networkAccessEnabled: true,
      webSearchMode: "cached",
      additionalDirectories: ["../not-there", "/tmp"],
    });
    const result = await thread.run(
      [
        { type: "text", text: "part one" },
        { type: "text", text: "part two" },
      ],
      { outputSchema: schema },
    );
    assert.equal(result.finalResponse, '{"answer":"42"}');
    const { json } = provider.requests[0];
    assert.equal(json.model, "gpt-5.1");
    assert.equal(json.reasoning.effort, "high");
    assert.deepEqual(json.text.format, { name: "codex_output_schema", type: "json_schema", strict: true, schema });
    assert.equal(json.input.at(-1).content[0].text, "part one\n\npart two");
  }));

test("files that are no images do not fail the turn", () =>
  withProvider([reply("seen")], async (provider) => {
    const file = join(home, "not-an-image.png");
    writeFileSync(file, "text");
    const result = await client(provider).startThread(anywhere).run([
      { type: "text", text: "look" },
      { type: "local_image", path: file },
    ]);
    assert.equal(result.finalResponse, "seen");
  }));

test("a folder outside a repository is refused unless that check is skipped", () =>
  withProvider([reply("never")], async (provider) => {
    const folder = mkdtempSync(join(tmpdir(), "troupe-sdk-cwd-"));
    const thread = client(provider).startThread({ workingDirectory: folder });
    await assert.rejects(thread.run("hello"), /Not inside a trusted directory/);
    assert.equal(provider.requests.length, 0);
    rmSync(folder, { recursive: true });
  }));

test("a stream that never completes makes the run fail in time", () =>
  withProvider([[created, message("half"), failure]], async (provider) => {
    const thread = client(provider).startThread(anywhere);
    await assert.rejects(thread.run("hello"), /stream disconnected before completion:/);
    assert.equal(provider.requests.length, 6);
  }));

test("an aborted run rejects and its process ends", () =>
  withProvider(["hang"], async (provider) => {
    const controller = new AbortController();
    const thread = client(provider).startThread(anywhere);
    const running = thread.runStreamed("hello", { signal: controller.signal });
    const { events } = await running;
    await assert.rejects(async () => {
      for await (const event of events) if (event.type === "turn.started") controller.abort();
    });
  }));

test("every thread has left a rollout", () => {
  const files = readdirSync(join(home, "sessions"), { recursive: true }).filter((name) => name.endsWith(".jsonl"));
  assert.ok(files.length >= 7);
});
