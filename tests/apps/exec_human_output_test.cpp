#define CAF_SUITE exec_human_output
#include <caf/test/bdd_dsl.hpp>

#include "apps/exec/human_output.hpp"
#include "tests/apps/exec_events_fixture.hpp"

using namespace troupe;
using namespace troupe::exec_events;
using exec::human_output;
using exec::reasoning_display;
using exec::text_style;

namespace {

std::string shown(const std::vector<event_msg>& events,
                  reasoning_display reasoning = reasoning_display::summary,
                  text_style style = text_style::plain) {
  human_output uut{style, reasoning};
  std::string out;
  for (const auto& x : events)
    uut.event(x, out);
  return out;
}

} // namespace

SCENARIO("a run begins with its settings and the prompt") {
  session_configured session;
  session.model = "gpt-5.2-codex";
  session.model_provider_id = "openai";
  session.approval_policy = approval_policy::never;
  session.sandbox_policy.mode = sandbox_mode::workspace_write;
  session.sandbox_policy.network_access = true;
  session.cwd = "/WS";
  session.reasoning_effort = reasoning_effort::high;
  human_output uut{text_style::plain, reasoning_display::summary};
  std::string out;
  const std::vector<std::string> warnings{"odd"};
  uut.begin({"1.2.3", session, "auto", "say hello", warnings}, out);
  CHECK_EQ(out, R"(Troupe v1.2.3
--------
workdir: /WS
model: gpt-5.2-codex
provider: openai
approval: never
sandbox: workspace-write (network access enabled)
reasoning effort: high
reasoning summaries: auto
session id: 00000000-0000-0000-0000-000000000000
--------
warning: odd
user
say hello
)");
}

SCENARIO("messages, reasoning, searches and plans have a headline") {
  CHECK_EQ(shown({said("Done.")}), "codex\nDone.\n");
  CHECK_EQ(shown({thought({"one", "two"})}), "thinking\none\ntwo\n");
  CHECK_EQ(shown({thought({})}), "");
  CHECK_EQ(shown({thought({"one"})}, reasoning_display::hidden), "");
  CHECK_EQ(
    shown({item_completed{reasoning_item{"r", {"short"}, {"long"}}}}, reasoning_display::raw),
    "thinking\nlong\n");
  CHECK_EQ(shown({item_completed{web_search_item{"w", "cats", {}}}}), "searched the web: cats\n");
  CHECK_EQ(shown({plan_update{"why",
                              {{"a", step_status::completed},
                               {"b", step_status::in_progress},
                               {"c", step_status::pending}}}}),
           "Plan update\nwhy\n  ✓ a\n  → b\n  • c\n");
}

SCENARIO("a command is shown when it begins, and again only if something came between") {
  const auto one = command("c1", "echo hi");
  const auto two = command("c2", "exit 3");
  CHECK_EQ(shown({one, used(1, 0, 1, 0), ended(one, 0, "hi\n")}),
           "exec\n/bin/bash -lc 'echo hi' in /WS\n succeeded in 12ms:\nhi\n");
  CHECK_EQ(shown({one, two, ended(one, 0, ""), ended(two, 3, "no newline")}),
           "exec\n/bin/bash -lc 'echo hi' in /WS\n"
           "exec\n/bin/bash -lc 'exit 3' in /WS\n"
           "exec\n/bin/bash -lc 'echo hi' in /WS\n succeeded in 12ms:\n"
           "exec\n/bin/bash -lc 'exit 3' in /WS\n exited 3 in 12ms:\nno newline\n");
}

SCENARIO("of a long output the first twenty lines are shown") {
  const auto begin = command("c", "seq 50");
  std::string output, expected;
  for (int i = 1; i <= 50; ++i) {
    output += std::to_string(i) + "\n";
    if (i <= 20)
      expected += std::to_string(i) + "\n";
  }
  CHECK(shown({begin, ended(begin, 0, output)}).ends_with("in 12ms:\n" + expected));
}

SCENARIO("patches show what they did to each file") {
  CHECK_EQ(shown({patch_ended("c", change(change_kind::add, "a\nb\n"))}),
           "apply patch\npatch: completed\nadd /WS/hello.txt\n+a\n+b\n");
  CHECK_EQ(shown({patch_ended("c", change(change_kind::remove, "a\n"))}),
           "apply patch\npatch: completed\ndelete /WS/hello.txt\n-a\n");
  CHECK_EQ(shown({patch_ended("c", change(change_kind::update, "@@\n-a\n+b\n"))}),
           "apply patch\npatch: completed\nupdate /WS/hello.txt\n@@\n-a\n+b\n");
  auto failure = patch_ended("c", {});
  failure.success = false;
  failure.standard_error = "no room";
  CHECK_EQ(shown({failure}), "apply patch\npatch: failed\nno room\n");
}

SCENARIO("errors, warnings and interruptions are named") {
  CHECK_EQ(shown({failed("it broke")}), "ERROR: it broke\n");
  CHECK_EQ(shown({reconnecting("cut")}), "ERROR: Reconnecting... 1/1 (cut)\n");
  CHECK_EQ(shown({warning{"odd"}}), "warning: odd\n");
  CHECK_EQ(shown({turn_aborted{}}), "turn interrupted\n");
}

SCENARIO("the tokens that were used come last, without the cached ones") {
  human_output uut{text_style::plain, reasoning_display::summary};
  std::string out;
  uut.end(out);
  CHECK_EQ(out, "");
  uut.event(used(12'345, 2'000, 500, 5), out);
  uut.end(out);
  CHECK_EQ(out, "tokens used\n10,845\n");
}

SCENARIO("no text of a tool or the model can drive the terminal, colours or not") {
  const auto begin = command("c", "\x1b[2J");
  const auto end = ended(begin, 0, "\x1b]0;title\x07 ok\r\n");
  CHECK_EQ(shown({begin, end, said("\x1b[31mred")}),
           "exec\n/bin/bash -lc '[2J' in /WS\n succeeded in 12ms:\n]0;title ok\ncodex\n[31mred\n");
  CHECK_EQ(shown({said("\u009B2J and \u009D0;title\u009C")}),
           "codex\n\uFFFD2J and \uFFFD0;title\uFFFD\n");
  const auto colored = shown({begin, end}, reasoning_display::summary, text_style::colored);
  CHECK(colored.find("\x1b[2J") == std::string::npos);
  CHECK(colored.find("\x1b[32m succeeded in 12ms:\x1b[0m") != std::string::npos);
}

SCENARIO("the final message ends with a newline on stdout") {
  CHECK_EQ(exec::final_text("a"), "a\n");
  CHECK_EQ(exec::final_text("a\n"), "a\n");
  CHECK_EQ(exec::final_text(""), "\n");
}
