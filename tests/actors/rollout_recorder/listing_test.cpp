#define CAF_SUITE listing
#include <caf/test/bdd_dsl.hpp>

#include "actors/rollout_recorder/listing.hpp"

#include "tests/actors/rollout_recorder/rollout_samples.hpp"

using namespace troupe;
using namespace troupe::rollout_recorder;
using namespace std::chrono;
using troupe::test::sample_thread;

namespace {

constexpr sys_seconds noon{1'770'465'600s}; // 2026-02-07T12:00:00Z

list_candidate candidate(sys_seconds time, unsigned n) {
  return {{}, time, sample_thread(n)};
}

std::string encoded(const rollout_line& line) {
  std::string out;
  append_line(out, "2026-02-07T09:15:04.120Z", line);
  out.pop_back();
  return out;
}

std::string meta_line(unsigned n) {
  return encoded(
    test::line(line_kind::meta, fmt::format(R"({{"id":"{}"}})", to_string(sample_thread(n)))));
}

/// Feeds lines as a file's reader does; counts those that were wanted.
std::size_t feed(head_reader& head, const std::vector<std::string>& lines) {
  std::size_t count = 0;
  for (const auto& line : lines) {
    if (!head.wants_more())
      break;
    head.take(line);
    ++count;
  }
  return count;
}

std::vector<std::string> fillers(std::size_t count) {
  return std::vector<std::string>(count, encoded(test::assistant_item("x")));
}

template <class... Parts>
std::vector<std::string> concat(Parts... parts) {
  std::vector<std::string> all;
  (all.insert(all.end(), parts.begin(), parts.end()), ...);
  return all;
}

using texts = std::vector<std::string>;

recorded_meta meta_of(std::string source, std::string provider) {
  recorded_meta meta;
  meta.source = std::move(source);
  meta.model_provider = std::move(provider);
  return meta;
}

} // namespace

SCENARIO("cursors are written as RFC 3339 and read in both forms") {
  const auto text = cursor_text(noon, sample_thread(1));
  CHECK_EQ(text, "2026-02-07T12:00:00Z|00000000-0000-4000-8000-000000000001");
  CHECK((parse_cursor(text) == list_anchor{noon, sample_thread(1)}));
  CHECK((parse_cursor("2026-02-07T12-00-00|00000000-0000-4000-8000-000000000001") ==
         list_anchor{noon, sample_thread(1)}));
  CHECK((parse_cursor("2026-02-07T13:00:00.500+01:00|00000000-0000-4000-8000-000000000001") ==
         list_anchor{noon + 500ms, sample_thread(1)}));
}

SCENARIO("a cursor keeps the milliseconds of a modification time") {
  const auto text = cursor_text(noon + 250ms, sample_thread(1));
  CHECK_EQ(text, "2026-02-07T12:00:00.250Z|00000000-0000-4000-8000-000000000001");
  CHECK((parse_cursor(text) == list_anchor{noon + 250ms, sample_thread(1)}));
}

SCENARIO("of two threads in one second the later one comes first, whatever their ids") {
  auto earlier = candidate(noon, 2);
  auto later = candidate(noon, 1);
  later.time += 1ms;
  CHECK(comes_before(later, earlier));
  CHECK(is_behind(earlier, {later.time, later.thread}));
}

SCENARIO("a malformed cursor is none") {
  for (const auto* text : {"", "|", "nonsense", "2026-02-07T12:00:00Z", "2026-02-07T12:00:00Z|",
                           "2026-02-07T12:00:00Z|1", "|00000000-0000-4000-8000-000000000001",
                           "2026-02-07|00000000-0000-4000-8000-000000000001",
                           "2026-02-07T12:00:00Z|00000000-0000-4000-8000-000000000001|"})
    CHECK(!parse_cursor(text));
}

SCENARIO("order is newest first, then greatest id; a page starts strictly behind its anchor") {
  CHECK(comes_before(candidate(noon + 1s, 1), candidate(noon, 9)));
  CHECK(comes_before(candidate(noon, 2), candidate(noon, 1)));
  CHECK(!comes_before(candidate(noon, 1), candidate(noon, 1)));
  const list_anchor anchor{noon, sample_thread(5)};
  CHECK(is_behind(candidate(noon - 1s, 9), anchor));
  CHECK(is_behind(candidate(noon, 4), anchor));
  CHECK(!is_behind(candidate(noon, 5), anchor));
  CHECK(!is_behind(candidate(noon, 6), anchor));
  CHECK(!is_behind(candidate(noon + 1s, 1), anchor));
  CHECK(is_behind(candidate(noon, 9), {noon + 500ms, sample_thread(1)}));
}

SCENARIO("a head ends as soon as it says everything") {
  head_reader head;
  CHECK_EQ(feed(head, {meta_line(1), encoded(test::user_event("hello")), meta_line(2)}), 2U);
  REQUIRE(head.result().has_value());
  CHECK_EQ(head.result()->meta.thread, sample_thread(1));
  CHECK_EQ(head.result()->first_user_message, "hello");
}

SCENARIO("a fork is listed with its own session_meta, not its source's") {
  head_reader head;
  feed(head, {meta_line(1), meta_line(2), encoded(test::user_event("hello"))});
  CHECK_EQ(head.result().value().meta.thread, sample_thread(1));
}

SCENARIO("without a session_meta ten lines are looked at") {
  head_reader head;
  CHECK_EQ(feed(head, fillers(50)), 10U);
  CHECK(!head.result());
  head_reader late;
  feed(late, concat(fillers(9), texts{meta_line(1)}, fillers(9),
                    texts{encoded(test::user_event("late"))}));
  CHECK(late.result().has_value());
  head_reader too_late;
  feed(too_late, concat(fillers(10), texts{meta_line(1), encoded(test::user_event("late"))}));
  CHECK(!too_late.result());
}

SCENARIO("with a session_meta two hundred more lines are looked at for the user message") {
  head_reader head;
  feed(head, concat(texts{meta_line(1)}, fillers(208), texts{encoded(test::user_event("late"))}));
  CHECK(head.result().has_value());
  head_reader too_late;
  CHECK_EQ(feed(too_late, concat(texts{meta_line(1)}, fillers(209),
                                 texts{encoded(test::user_event("late"))})),
           210U);
  CHECK(!too_late.result());
}

SCENARIO("blank lines do not count, unreadable ones do") {
  head_reader head;
  feed(head, concat(texts(20, "  "), texts{meta_line(1), encoded(test::user_event("hi"))}));
  CHECK(head.result().has_value());
  head_reader damaged;
  feed(damaged, concat(texts(10, "garbage"), texts{meta_line(1)}));
  CHECK(!damaged.result());
}

SCENARIO("the first user message is shown without an IDE's preamble and trimmed") {
  CHECK_EQ(visible_part("  fix it \n"), "fix it");
  CHECK_EQ(visible_part("# Context\nfiles\n\n## My request for Codex:\n fix it"), "fix it");
  CHECK_EQ(visible_part("## My request for Codex:"), "");
  CHECK_EQ(visible_part(""), "");
}

SCENARIO("sources and providers filter") {
  list_rollouts request;
  CHECK(matches(meta_of("exec", "x"), request));
  request.sources = {"cli", "vscode"};
  CHECK(matches(meta_of("cli", "x"), request));
  for (const auto* hidden : {"exec", "mcp", "subagent_review", "unknown"})
    CHECK(!matches(meta_of(hidden, "x"), request));
  request.sources = {};
  request.providers = {"a", "b"};
  request.default_provider = "c";
  CHECK(matches(meta_of("cli", "b"), request));
  CHECK(!matches(meta_of("cli", "c"), request));
  CHECK(!matches(meta_of("cli", ""), request));
  request.default_provider = "a";
  CHECK(matches(meta_of("cli", ""), request));
}
