#define CAF_SUITE rollout_reader
#include <caf/test/bdd_dsl.hpp>

#include "actors/rollout_recorder/rollout_reader.hpp"

#include "tests/actors/rollout_recorder/rollout_samples.hpp"

using namespace troupe;
using namespace troupe::rollout_recorder;
using troupe::test::sample_thread;

namespace {

using result = std::variant<rollout_contents, failed_reading>;

result read(std::string_view text, std::size_t chunk = 1'000'000,
            std::size_t line_limit = rollout_reader::max_line_bytes) {
  rollout_reader reader{line_limit};
  for (; !text.empty(); text.remove_prefix(std::min(chunk, text.size())))
    reader.feed(text.substr(0, chunk));
  return reader.finish();
}

std::string meta_line(unsigned n) {
  std::string out;
  append_line(
    out, "2026-02-07T09:15:04.120Z",
    test::line(line_kind::meta, fmt::format(R"({{"id":"{}"}})", to_string(sample_thread(n)))));
  return out;
}

std::string context_line(std::string_view name) {
  std::string out;
  append_line(out, "2026-02-07T09:15:04.120Z",
              test::line(line_kind::context, fmt::format(R"({{"cwd":"{}"}})", name)));
  return out;
}

const rollout_contents& contents(const result& x) {
  REQUIRE(std::holds_alternative<rollout_contents>(x));
  return std::get<rollout_contents>(x);
}

reading_fault fault(const result& x) {
  REQUIRE(std::holds_alternative<failed_reading>(x));
  return std::get<failed_reading>(x).fault;
}

} // namespace

SCENARIO("all valid lines come back in order, whatever the chunks") {
  const auto text = meta_line(1) + context_line("/a") + "\n  \n" + context_line("/é") +
                    meta_line(2) + context_line("/b");
  for (std::size_t chunk = 1; chunk <= text.size(); ++chunk) {
    const auto read_back = read(text, chunk);
    const auto& got = contents(read_back);
    CHECK_EQ(test::payloads(got.lines),
             (std::vector<std::string>{fmt::format(R"({{"id":"{}"}})", to_string(sample_thread(1))),
                                       R"({"cwd":"/a"})", R"({"cwd":"/é"})",
                                       fmt::format(R"({{"id":"{}"}})", to_string(sample_thread(2))),
                                       R"({"cwd":"/b"})"}));
    CHECK_EQ(got.damaged_lines, 0U);
    CHECK(!got.torn_tail);
  }
}

SCENARIO("the thread is that of the first session_meta") {
  CHECK_EQ(contents(read(context_line("/a") + meta_line(7) + meta_line(8))).thread,
           sample_thread(7));
}

SCENARIO("garbage in the middle and a torn last line lose only themselves") {
  const auto whole = context_line("/c");
  for (std::size_t kept = 1; kept + 2 < whole.size(); ++kept) {
    const auto got =
      read(meta_line(1) + "garbage {\n" + context_line("/b") + "{}\n" + whole.substr(0, kept));
    CHECK_EQ(contents(got).lines.size(), 2U);
    CHECK_EQ(contents(got).damaged_lines, 3U);
    CHECK(contents(got).torn_tail);
  }
}

SCENARIO("a last line that lacks only its newline is kept") {
  auto text = meta_line(1) + context_line("/c");
  text.pop_back();
  const auto got = read(text);
  CHECK_EQ(contents(got).lines.size(), 2U);
  CHECK_EQ(contents(got).damaged_lines, 0U);
  CHECK(!contents(got).torn_tail);
}

SCENARIO("files without a thread fail") {
  CHECK(fault(read("")) == reading_fault::empty_file);
  CHECK(fault(read(" \n\t\r\n  ")) == reading_fault::empty_file);
  CHECK(fault(read(context_line("/a"))) == reading_fault::no_session_meta);
  CHECK(fault(read("garbage")) == reading_fault::no_session_meta);
}

SCENARIO("invalid UTF-8 costs its line only, and the line's number is told") {
  const auto got = read(meta_line(1) + "\n" + "{\"a\":\"\xff\"}\n" + context_line("/a"));
  CHECK_EQ(contents(got).lines.size(), 2U);
  CHECK_EQ(contents(got).damaged_lines, 1U);
  CHECK(contents(got).damaged_at == std::vector<std::uint64_t>{3});
}

SCENARIO(
  "the numbers of the first damaged lines are kept, those of a whole file of garbage are not") {
  std::string text = meta_line(1);
  for (int i = 0; i < 100; ++i)
    text += "garbage\n";
  const auto got = read(text);
  CHECK_EQ(contents(got).damaged_lines, 100U);
  CHECK_EQ(contents(got).damaged_at.size(), rollout_reader::max_damaged_numbers);
  CHECK_EQ(contents(got).damaged_at.front(), 2U);
}

SCENARIO("a damaged session_meta is counted, and what can be saved of it is kept") {
  auto line = meta_line(1);
  line.insert(line.find("\"id\""), "\"cwd\":\"/\xff\",");
  const auto saved = read(line + context_line("/a"));
  CHECK_EQ(contents(saved).thread, sample_thread(1));
  CHECK(contents(saved).damaged_at == std::vector<std::uint64_t>{1});
  REQUIRE_EQ(contents(saved).lines.size(), 2U);
  CHECK(contents(saved).lines[0].payload_json.view().find("/\xEF\xBF\xBD") != std::string::npos);
}

SCENARIO("when the session_meta is lost, the thread is that of the file's name") {
  auto line = meta_line(1);
  line.replace(line.find("\"id\""), 4, "\"id");
  const auto finished = [](const std::string& text, std::optional<thread_id> named) {
    rollout_reader reader;
    reader.feed(text);
    return reader.finish(named);
  };
  const auto named = finished(line + context_line("/a"), sample_thread(2));
  CHECK_EQ(contents(named).thread, sample_thread(2));
  CHECK_EQ(contents(named).lines.size(), 1U);
  const auto unnamed = finished(line + context_line("/a"), std::nullopt);
  CHECK(fault(unnamed) == reading_fault::no_session_meta);
  CHECK_EQ(std::get<failed_reading>(unnamed).damaged_at, 1U);
  CHECK(fault(finished(context_line("/a"), sample_thread(2))) == reading_fault::no_session_meta);
}

SCENARIO("a byte order mark before a line is no damage") {
  const std::string mark = "\xef\xbb\xbf";
  for (const std::size_t chunk : {1U, 2U, 1000U}) {
    const auto got = read(mark + meta_line(1) + mark + context_line("/a"), chunk);
    CHECK_EQ(contents(got).lines.size(), 2U);
    CHECK_EQ(contents(got).damaged_lines, 0U);
    CHECK_EQ(contents(got).thread, sample_thread(1));
  }
}

SCENARIO("a line that was cut inside a character is damaged, at the end and when mended") {
  for (const auto* rest : {"", "\n"}) {
    const auto got = read(meta_line(1) + "{\"timestamp\":\"\xe2\x82" + rest);
    CHECK_EQ(contents(got).lines.size(), 1U);
    CHECK_EQ(contents(got).damaged_lines, 1U);
  }
}

SCENARIO("a line over the limit is damaged and not kept in memory") {
  const auto text =
    meta_line(1) + std::string(5000, 'x') + "\n" + context_line("/a") + std::string(5000, 'y');
  for (const std::size_t chunk : {7U, 1000U, 100'000U}) {
    const auto got = read(text, chunk, 1000);
    CHECK_EQ(contents(got).lines.size(), 2U);
    CHECK_EQ(contents(got).damaged_lines, 2U);
    CHECK(contents(got).torn_tail);
  }
}
