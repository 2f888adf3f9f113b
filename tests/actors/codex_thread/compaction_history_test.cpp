#define CAF_SUITE compaction_history
#include <caf/test/bdd_dsl.hpp>

#include "actors/codex_thread/compaction_history.hpp"
#include "scripted_turn.hpp"

#include <string>

using namespace troupe;
using namespace troupe::codex_thread;
using namespace troupe::codex_thread::testing;

using strings = std::vector<std::string>;
using items = std::vector<response_item>;

namespace {

response_item user(std::string_view text) {
  return make_message("user", text);
}

response_item ghost() {
  return item_of(R"({"type":"ghost_snapshot","ghost_commit":{"id":"x"}})");
}

strings texts(const items& x) {
  std::vector<shared_text> json;
  for (const auto& item : x)
    json.push_back(item.json);
  return input_texts(json);
}

std::string prefixed(std::string_view text) {
  return std::string{summary_prefix} + '\n' + std::string{text};
}

} // namespace

SCENARIO("a summary is the last assistant text behind the prefix") {
  CHECK_EQ(summary_text({}, items{assistant("one"), assistant("two")}), prefixed("two"));
  CHECK_EQ(summary_text(items{assistant("old")}, items{assistant("new")}), prefixed("new"));
  // A model that says nothing leaves its predecessor's word.
  CHECK_EQ(summary_text(items{assistant("old"), user("x")}, {}), prefixed("old"));
  CHECK_EQ(summary_text(items{user("x")}, {}), prefixed(""));
}

SCENARIO("of an assistant message the last text part counts") {
  const auto two = item_of(
    R"({"type":"message","role":"assistant","content":[{"type":"output_text","text":"a"},{"type":"output_text","text":"b"}]})");
  CHECK_EQ(summary_text({}, items{two}), prefixed("b"));
}

SCENARIO("user messages are kept in order, without what the engine wrote") {
  const items history{make_message("developer", "rules"),
                      user("# AGENTS.md instructions for /work\n..."),
                      user("<environment_context>\n</environment_context>"),
                      user("first"),
                      assistant("answer"),
                      user("<turn_aborted>stopped</turn_aborted>"),
                      user(prefixed("an earlier summary")),
                      user("second")};
  CHECK_EQ(texts(recent_user_messages(history)), (strings{"first", "second"}));
}

SCENARIO("a message that only begins like a summary is a user message") {
  const std::string text = std::string{summary_prefix} + " and more";
  CHECK_EQ(texts(recent_user_messages(items{user(text)})), strings{text});
}

SCENARIO("the newest 20,000 tokens of user messages are kept, the last one in part") {
  const std::string half(40'000, 'a'); // 10,000 tokens
  const std::string big(48'000, 'b');  // 12,000 tokens
  const auto kept = recent_user_messages(items{user("oldest"), user(big), user(half)});
  REQUIRE_EQ(kept.size(), 2u);
  const auto cut = texts(kept)[0];
  CHECK(cut.starts_with("bbbb"));
  CHECK(cut.ends_with("bbbb"));
  CHECK(cut.find("2000 tokens truncated") != std::string::npos);
  CHECK_EQ(texts(kept)[1], half);
}

SCENARIO("messages that fill the budget exactly are kept whole and end the selection") {
  const std::string half(40'000, 'a');
  CHECK_EQ(texts(recent_user_messages(items{user("oldest"), user(half), user(half)})),
           (strings{half, half}));
}

SCENARIO("images are lost with the tags around them, and the message stays") {
  const auto only_image = make_user_message({image_input{"data:,x"}});
  const auto mixed = make_user_message(
    {text_input{"see "}, local_image_input{"/a.png", "data:,x", {}}, text_input{"this"}});
  const auto tag_alone = user("<image>");
  CHECK_EQ(texts(recent_user_messages(items{only_image, mixed, tag_alone})),
           (strings{"", "see this", "<image>"}));
}

SCENARIO("a local compaction leaves context, user messages, summary and snapshots") {
  const items history{make_message("developer", "old rules"), user("ask"), assistant("answer"),
                      ghost(), function_call("exec_command", "c1")};
  CHECK_EQ(texts(locally_compacted({make_message("developer", "rules")}, history, prefixed("sum"))),
           (strings{"rules", "ask", prefixed("sum"), "ghost_snapshot"}));
  CHECK_EQ(texts(locally_compacted({}, {}, "")), strings{"(no summary available)"});
}

SCENARIO("a remote compaction keeps the provider's items under a fresh context") {
  const items context{make_message("developer", "rules"),
                      user("<environment_context>new</environment_context>")};
  const items output{make_message("developer", "stale rules"),
                     user("first"),
                     user("<environment_context>stale</environment_context>"),
                     user(prefixed("summary")),
                     assistant("kept"),
                     item_of(R"({"type":"compaction","encrypted_content":"x"})"),
                     item_of(R"({"type":"brand_new"})")};
  CHECK_EQ(texts(remotely_compacted(context, items{ghost()}, output)),
           (strings{"first", "rules", "<environment_context>new</environment_context>",
                    prefixed("summary"), "kept", "compaction", "ghost_snapshot"}));
}

SCENARIO("without a user message the fresh context goes to the end") {
  const items context{make_message("developer", "rules")};
  CHECK_EQ(texts(remotely_compacted(context, {}, items{assistant("kept")})),
           (strings{"kept", "rules"}));
  CHECK_EQ(texts(remotely_compacted(context, {}, {})), strings{"rules"});
}

SCENARIO("a history over the window loses outputs at its end together with their calls") {
  codex_thread::history x;
  const truncation_policy plenty{truncation_mode::bytes, 1'000'000};
  const std::string long_text(4'000, 'x');
  for (const auto& item :
       {user("hi"), function_call("exec_command", "c1"), make_function_output("c1", long_text),
        function_call("exec_command", "c2"), make_function_output("c2", long_text),
        make_message("developer", long_text)})
    x.record(item, plenty);
  WHEN("two of the long items are too many") {
    const auto trimmed = trimmed_to(1'500, "", x);
    THEN("older pairs stay") {
      CHECK_EQ(texts(trimmed.items()), (strings{"hi", "function_call", "function_call_output"}));
    }
  }
  WHEN("nothing of it fits") {
    const auto trimmed = trimmed_to(0, "", x);
    THEN("what the model or the user said is left") {
      CHECK_EQ(texts(trimmed.items()), strings{"hi"});
    }
  }
  CHECK_EQ(trimmed_to(std::nullopt, "", x).items().size(), 6u);
  CHECK_EQ(trimmed_to(1'000'000, "", x).items().size(), 6u);
}

SCENARIO("long instructions count against the window") {
  codex_thread::history x;
  x.record(make_message("developer", "note"), {truncation_mode::bytes, 1'000});
  CHECK_EQ(trimmed_to(100, std::string(400, 'i'), x).items().size(), 0u);
  CHECK_EQ(trimmed_to(200, std::string(400, 'i'), x).items().size(), 1u);
}

SCENARIO("the record of a local compaction has a message only, that of a remote one the history") {
  CHECK_EQ(compacted_line_json("the \"sum\"", std::nullopt), R"({"message":"the \"sum\""})");
  const items history{user("a")};
  CHECK_EQ(compacted_line_json("", history),
           R"({"message":"","replacement_history":[)" + user("a").json.str() + "]}");
}
