#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::log {

/// Keeps what is said by default from becoming a flood: of each kind of thing the first at once,
/// then one within `quiet`, with the number of those left out. Bounded: beyond `max_kinds` all
/// others are one kind. Pure; not thread-safe.
class notice_limit {
public:
  using clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds quiet{10};
  static constexpr std::size_t max_kinds = 64;

  /// None: not now. Else how many of the kind were left out since the last one.
  std::optional<std::size_t> admit(std::string_view kind, clock::time_point now);

private:
  struct entry {
    clock::time_point next;
    std::size_t left_out = 0;
  };

  std::map<std::string, entry, std::less<>> kinds_;
};

/// Writes a line that is shown unless diagnostics are off altogether.
void notice(notice_limit& limit, std::string_view kind, std::string_view text);

/// Writes "warning: text\n" on standard error, as front doors tell people what their settings or
/// their machine make of a run; unless diagnostics are off altogether. Whoever calls it sees to it
/// that nothing is told twice.
void warn_user(std::string_view text);

} // namespace troupe::log
