// A provider on loopback that plays scripted Responses API streams and keeps the requests.
import { createServer } from "node:http";

export const created = { type: "response.created", response: { id: "resp_1" } };

export const message = (text) => ({
  type: "response.output_item.done",
  item: { type: "message", role: "assistant", id: "msg_1", content: [{ type: "output_text", text }] },
});

export const shellCall = (cmd, callId = "call_1") => ({
  type: "response.output_item.done",
  item: { type: "function_call", name: "exec_command", call_id: callId, arguments: JSON.stringify({ cmd }) },
});

export const completed = {
  type: "response.completed",
  response: {
    id: "resp_1",
    usage: {
      input_tokens: 42,
      input_tokens_details: { cached_tokens: 12 },
      output_tokens: 5,
      output_tokens_details: null,
      total_tokens: 47,
    },
  },
};

export const failure = { type: "error", error: { code: "rate_limit_exceeded", message: "too fast" } };

export const reply = (text) => [created, message(text), completed];

// `answers`: a list of event lists, one per request; the last one is repeated.
export async function startProvider(answers) {
  const requests = [];
  const server = createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      if (request.method !== "POST" || request.url !== "/responses") {
        response.writeHead(404).end();
        return;
      }
      requests.push({ headers: request.headers, json: JSON.parse(Buffer.concat(chunks).toString("utf8")) });
      const events = answers[Math.min(requests.length, answers.length) - 1];
      if (events === "hang") return;
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (const event of events) response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
      response.end();
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(resolve);
      }),
  };
}
