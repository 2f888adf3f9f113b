#pragma once

#include "messages/event.hpp"
#include "messages/json/writer.hpp"

#include <optional>
#include <string>

/// Pieces that several events are written with (contract threads.md 19.2, 19.3 and 19.6).
namespace troupe {

inline void write_optional(json_writer& out, std::string_view name,
                           const std::optional<std::int64_t>& x) {
  out.key(name);
  if (x)
    out.number(*x);
  else
    out.null();
}

inline void write_optional(json_writer& out, std::string_view name,
                           const std::optional<std::string>& x) {
  out.key(name);
  if (x)
    out.text(*x);
  else
    out.null();
}

/// Left out when empty.
inline void write_nonempty(json_writer& out, std::string_view name, std::string_view x) {
  if (!x.empty())
    out.member(name, x);
}

void write_texts(json_writer& out, std::string_view name, const std::vector<std::string>& x);

/// `codex_error_info`.
void write_error_info(json_writer& out, const turn_error& x);

void write_turn_item(json_writer& out, const turn_item& x);
void write_changes(json_writer& out, const file_changes& x);

/// Standard alphabet with padding.
std::string base64(std::string_view bytes);

} // namespace troupe
