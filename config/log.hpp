#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

/// The program's diagnostics: lines on standard error, never on standard output, where front doors
/// speak JSON. Callers log kinds, ids and counts, never contents of messages or secrets.
namespace troupe::log {

enum class level : std::uint8_t { off, error, warning, info, debug };

/// "error", "warn", "info" and so on in any case; none for other texts.
std::optional<level> parse_level(std::string_view text);

/// The level that the two variables ask for: TROUPE_LOG before RUST_LOG, of which only plain level
/// words are understood; `error` when neither says anything known.
level choose_level(const char* troupe_log, const char* rust_log);

/// Level of this process, read from the environment at the first call.
level threshold();

/// `text` as one line: "2026-02-07T09:15:04.120Z WARN text\n". Control characters become spaces, so
/// that nothing that is logged can forge a second line.
std::string format_line(level x, std::int64_t unix_milliseconds, std::string_view text);

/// Writes one line in one piece, from any thread. The functions below ask for the level first.
void write(level x, std::string_view text);

template <class... Args>
void at(level x, fmt::format_string<Args...> format, Args&&... args) {
  if (x <= threshold())
    write(x, fmt::format(format, std::forward<Args>(args)...));
}

template <class... Args>
void error(fmt::format_string<Args...> format, Args&&... args) {
  at(level::error, format, std::forward<Args>(args)...);
}

template <class... Args>
void warning(fmt::format_string<Args...> format, Args&&... args) {
  at(level::warning, format, std::forward<Args>(args)...);
}

template <class... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
  at(level::info, format, std::forward<Args>(args)...);
}

template <class... Args>
void debug(fmt::format_string<Args...> format, Args&&... args) {
  at(level::debug, format, std::forward<Args>(args)...);
}

} // namespace troupe::log
