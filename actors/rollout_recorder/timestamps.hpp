#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

/// The three spellings of time in and around rollouts (contract rollouts.md 1, 2 and 8.3).
namespace troupe::rollout_recorder {

using sys_milliseconds = std::chrono::sys_time<std::chrono::milliseconds>;

/// "2026-02-07T09:15:04.120Z": of lines and of a thread's start.
std::string line_time_text(std::chrono::system_clock::time_point time);

/// "2026-02-07T09:15:04Z": of cursors and listings.
std::string second_text(std::chrono::sys_seconds time);

/// "2026-02-07T10-15-04": of file names. A name carries local time, but is ordered as if it were
/// UTC; that is the value here.
std::string file_time_text(std::chrono::sys_seconds time);

/// RFC 3339 with any offset and any number of fractional digits; those beyond milliseconds are
/// dropped.
std::optional<sys_milliseconds> parse_rfc3339(std::string_view text);

std::optional<std::chrono::sys_seconds> parse_file_time(std::string_view text);

} // namespace troupe::rollout_recorder
