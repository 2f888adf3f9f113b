#pragma once

#include "apps/sim/pattern.hpp"

#include <cstdint>
#include <limits>
#include <string_view>
#include <variant>
#include <vector>

namespace troupe::sim {

/// The syntax tree of a pattern. A detail of `pattern`.
struct pattern_node {
  enum class kind : std::uint8_t { empty, step, set, sequence, choice, repeat, group };
  static constexpr std::uint32_t unlimited = std::numeric_limits<std::uint32_t>::max();

  kind what = kind::empty;
  pattern_step step;        ///< kind::step
  std::uint32_t number = 0; ///< kind::set: index; kind::group: number, 0 = does not capture
  std::uint32_t least = 0;  ///< kind::repeat
  std::uint32_t most = 0;   ///< kind::repeat; may be `unlimited`
  bool greedy = true;       ///< kind::repeat
  std::vector<pattern_node> children;
};

/// Parses a pattern; its sets, flags and number of groups go into `program`, whose steps are still
/// to be written.
std::variant<pattern_node, pattern_error> parse_pattern(std::string_view text,
                                                        pattern_program& program);

} // namespace troupe::sim
