#include "actors/rollout_recorder/listing.hpp"
#include "actors/rollout_recorder/rollout_reader.hpp"
#include "config/text_file.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

// Arbitrary bytes as a rollout file. Whatever they are: nothing crashes, every line that is not
// blank is either kept or counted as damaged (a damaged session_meta that could be mended is both),
// chunks make no difference, and what was kept can be written and read again without loss.

namespace {

using namespace troupe;
using namespace troupe::rollout_recorder;

using read_result = std::variant<rollout_contents, failed_reading>;

void require(bool condition) {
  if (!condition)
    std::abort();
}

read_result read_in_chunks(std::string_view bytes, std::size_t size) {
  rollout_reader reader;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(size, bytes.size())))
    reader.feed(bytes.substr(0, size));
  return reader.finish();
}

std::uint64_t count_lines(std::string_view bytes) {
  std::uint64_t count = 0;
  while (!bytes.empty()) {
    const auto end = std::min(bytes.find('\n'), bytes.size());
    count += without_space(config::without_mark(bytes.substr(0, end))).empty() ? 0 : 1;
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
  }
  return count;
}

void check_same(const read_result& a, const read_result& b) {
  require(a.index() == b.index());
  if (const auto* failure = std::get_if<failed_reading>(&a)) {
    const auto& other = std::get<failed_reading>(b);
    require(failure->fault == other.fault);
    return;
  }
  const auto& x = std::get<rollout_contents>(a);
  const auto& y = std::get<rollout_contents>(b);
  require(x.thread == y.thread && x.lines == y.lines && x.damaged_lines == y.damaged_lines &&
          x.torn_tail == y.torn_tail && x.damaged_at == y.damaged_at);
}

void check_contents(const rollout_contents& x, std::string_view bytes) {
  const auto told = x.lines.size() + x.damaged_lines;
  const auto count = count_lines(bytes);
  require(told == count || (told == count + 1 && x.damaged_lines > 0));
  require(!x.torn_tail || (x.damaged_lines > 0 && !bytes.ends_with('\n')));
  std::string written;
  for (const auto& line : x.lines)
    append_line(written, "2026-02-07T09:15:04.120Z", line);
  const auto again = read_in_chunks(written, written.size());
  require(std::holds_alternative<rollout_contents>(again));
  const auto& y = std::get<rollout_contents>(again);
  require(y.thread == x.thread && y.lines == x.lines && y.damaged_lines == 0);
}

void read_head(std::string_view bytes) {
  head_reader head;
  while (!bytes.empty() && head.wants_more()) {
    const auto end = std::min(bytes.find('\n'), bytes.size());
    head.take(bytes.substr(0, end));
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
  }
  (void)head.result();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  const auto result = read_in_chunks(bytes, std::max<std::size_t>(size, 1));
  check_same(result, read_in_chunks(bytes, 7));
  if (const auto* contents = std::get_if<rollout_contents>(&result))
    check_contents(*contents, bytes);
  read_head(bytes);
  (void)parse_cursor(bytes);
  (void)parse_file_name(bytes);
  return 0;
}
