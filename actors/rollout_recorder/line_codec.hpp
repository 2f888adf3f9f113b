#pragma once

#include "actors/rollout_recorder/json_probe.hpp"
#include "messages/rollout.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

/// One line of a rollout (contract rollouts.md 2):
/// {"timestamp":"2026-02-07T09:15:04.120Z","type":"response_item","payload":{}}
namespace troupe::rollout_recorder {

/// Bytes a line takes beside its payload, at most.
inline constexpr std::size_t line_overhead_bytes = 80;

/// Appends the line, newline included. The payload is JSON already and goes in as it is; line
/// breaks, which compact JSON has none of, become blanks, because they would end the line.
void append_line(std::string& out, std::string_view timestamp, const rollout_line& line);

/// Views point into the line that was decoded.
struct decoded_line {
  line_kind kind = line_kind::item;
  std::string_view timestamp;
  std::string_view payload;
};

enum class line_fault : std::uint8_t {
  not_json,
  not_a_line,         ///< JSON, but not one of the shapes of the contract
  invalid_utf8,       ///< bytes that are no text
  cut_in_a_character, ///< as a write leaves it that was cut off
  utf16               ///< the first line of a file that an editor has saved so
};

/// Reads lines. Payloads are checked to be valid JSON objects of the right kind, not more: whoever
/// needs their values parses them.
class line_decoder {
public:
  /// `line` is without its newline and not blank.
  std::variant<decoded_line, line_fault> decode(std::string_view line);

private:
  bool is_valid_payload(line_kind kind, std::string_view payload);

  json_probe probe_;
};

} // namespace troupe::rollout_recorder
