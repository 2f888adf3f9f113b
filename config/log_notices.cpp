#include "config/log_notices.hpp"

#include "config/log.hpp"
#include "config/one_line.hpp"

#include <cstdio>

namespace troupe::log {

std::optional<std::size_t> notice_limit::admit(std::string_view kind, clock::time_point now) {
  auto at = kinds_.find(kind);
  if (at == kinds_.end()) {
    if (kinds_.size() >= max_kinds)
      std::erase_if(kinds_, [now](const auto& x) { return x.second.next <= now; });
    if (kinds_.size() >= max_kinds)
      kind = {};
    at = kinds_.try_emplace(std::string{kind}).first;
  }
  auto& x = at->second;
  if (now < x.next) {
    ++x.left_out;
    return std::nullopt;
  }
  x.next = now + quiet;
  return std::exchange(x.left_out, 0);
}

void notice(notice_limit& limit, std::string_view kind, std::string_view text) {
  if (threshold() == level::off)
    return;
  const auto left_out = limit.admit(kind, notice_limit::clock::now());
  if (!left_out)
    return;
  if (*left_out > 0)
    write(level::warning, fmt::format("{} ({} more like it since)", text, *left_out));
  else
    write(level::warning, text);
}

void warn_user(std::string_view text) {
  if (threshold() == level::off)
    return;
  const auto line = fmt::format("warning: {}\n", one_line(std::string{text}));
  std::fwrite(line.data(), 1, line.size(), stderr); // unbuffered: a line is one write
}

} // namespace troupe::log
