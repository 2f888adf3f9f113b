#define CAF_SUITE remote_compaction
#include <caf/test/bdd_dsl.hpp>

#include "actors/codex_thread/compaction_history.hpp"
#include "scripted_turn.hpp"

using namespace troupe;
using namespace troupe::codex_thread;
using namespace troupe::codex_thread::testing;

using strings = std::vector<std::string>;

namespace {

constexpr std::int64_t limit = 1'000;

thread_config openai_config() {
  auto x = some_config();
  x.remote_compaction = true;
  x.source.kind = source_kind::subagent_review;
  return x;
}

/// A thread at its limit whose next turn has asked its provider to compact.
struct asking_thread : scripted_session {
  effects asked;

  asking_thread() : scripted_session(openai_config(), model_with_limit(limit)) {
    turn("first question", "first answer", usage(limit, 0));
    submit(says("second question"));
    asked = take();
  }
  stream_number number() const { return asked.compact ? asked.compact->number : 0; }
};

compacted_history some_answer() {
  return {.output = {make_message("developer", "stale"), make_message("user", "first question"),
                     item_of(R"({"type":"compaction","encrypted_content":"secret"})")},
          .error = {}};
}

} // namespace

SCENARIO("a provider that compacts is asked with the history as it is") {
  asking_thread s;
  CHECK(!s.asked.open.has_value());
  CHECK(line_names(s.asked).empty());
  REQUIRE(s.asked.compact.has_value());
  const auto& request = s.asked.compact->request;
  CHECK_EQ(request.thread, s.uut.id());
  CHECK_EQ(request.provider, "test");
  CHECK_EQ(request.model, "test-model");
  CHECK_EQ(request.instructions_json.str(), "\"Be brief.\"");
  CHECK_EQ(request.subagent, "review");
  REQUIRE_EQ(request.input.size(), 4u);
  CHECK_EQ(input_texts(request.input)[2], "first question");
  CHECK_EQ(input_texts(request.input)[3], "first answer");
  CHECK(s.uut.summary().waits_for == wait_kind::model);
}

SCENARIO("its answer becomes the history, under a fresh context") {
  asking_thread s;
  s.provider_compacts(s.number(), some_answer());
  auto done = s.take();
  CHECK_EQ(line_names(done), (strings{"event:token_count", "compacted", "event:context_compacted",
                                      "item:message", "event:user_message", "turn_context"}));
  REQUIRE(done.open.has_value());
  const auto input = input_texts(done.open->request.input);
  REQUIRE_EQ(input.size(), 5u);
  CHECK(input[0].find("<permissions instructions>") != std::string::npos);
  CHECK_EQ(input[2], "first question");
  CHECK_EQ(input[3], "compaction");
  CHECK_EQ(input[4], "second question");
  CHECK(events_of<warning>(done).empty());
  CHECK_EQ(events_of<item_completed>(done).size(), 2u); // the compaction and the question
}

SCENARIO("the rollout gets the whole new history, and a resumed thread continues from it") {
  asking_thread s;
  s.provider_compacts(s.number(), some_answer());
  auto done = s.take();
  REQUIRE_EQ(to_text(done.lines[1].kind), "compacted");
  const auto& record = done.lines[1].payload_json;
  CHECK(record.view().starts_with(R"({"message":"","replacement_history":[{)"));
  const auto rebuilt = rebuild(
    {{line_kind::item, make_message("user", "gone").json}, {line_kind::compacted, record}}, {});
  std::vector<shared_text> items;
  for (const auto& item : rebuilt.items)
    items.push_back(item.json);
  auto live = done.open->request.input;
  live.pop_back(); // the second question came later
  CHECK_EQ(items, live);
}

SCENARIO("a failed call ends the turn with a prefixed error and keeps the history") {
  asking_thread s;
  s.provider_compacts(s.number(),
                      {.output = {}, .error = failure(model_errc::stream, "bad shape")});
  auto out = s.take();
  CHECK(!out.open.has_value());
  CHECK(!out.compact.has_value());
  REQUIRE_EQ(events_of<turn_error>(out).size(), 1u);
  CHECK_EQ(events_of<turn_error>(out)[0].message, "Error running remote compact task: bad shape");
  // Of the user's message alone, which is kept like that of any failed turn.
  CHECK_EQ(events_of<item_completed>(out).size(), 1u);
  CHECK(out.flush == flush_goal::turn_end);
  CHECK_EQ(line_names(out), (std::vector<std::string>{"item:message", "event:user_message"}));
}

SCENARIO("an answer that nobody waits for any more changes nothing") {
  asking_thread s;
  s.submit(interrupt_turn{});
  auto out = s.take();
  CHECK(!out.cancel_stream);
  CHECK_EQ(line_names(out),
           (strings{"item:message", "event:user_message", "item:message", "event:turn_aborted"}));
  s.provider_compacts(s.number(), some_answer());
  s.provider_compacts(0, some_answer());
  out = s.take();
  CHECK(out.lines.empty());
  CHECK(out.events.empty());
}

SCENARIO("a later compaction does not take the answer of an earlier one") {
  asking_thread s;
  const auto old = s.number();
  s.submit(interrupt_turn{});
  s.flushed();
  s.take();
  s.submit(compact_thread{});
  auto again = s.take();
  REQUIRE(again.compact.has_value());
  CHECK(again.compact->number != old);
  s.provider_compacts(old, some_answer());
  CHECK(s.take().lines.empty());
  s.provider_compacts(again.compact->number, some_answer());
  CHECK(s.take().flush == flush_goal::turn_end);
}

SCENARIO("an empty answer leaves the context alone") {
  asking_thread s;
  s.provider_compacts(s.number(), {});
  CHECK_EQ(s.take().open->request.input.size(), 3u); // permissions, environment, question
}

SCENARIO("usage is estimated anew after a remote compaction, too") {
  asking_thread s;
  s.provider_compacts(s.number(), some_answer());
  const auto counts = events_of<token_count>(s.take());
  REQUIRE_EQ(counts.size(), 1u);
  CHECK(counts[0].usage->last.total_tokens < limit);
  CHECK(counts[0].usage->last.total_tokens > 0);
  CHECK_EQ(counts[0].usage->total.total_tokens, limit);
}
