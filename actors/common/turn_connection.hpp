#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// What the connections of a turn's requests are called: `request_origin::turn`. The turn's own is
/// called like the turn.
namespace troupe {

inline constexpr std::string_view compaction_mark = "/compaction-";

/// That of the turn's n-th compaction, which shares nothing with the turn's own.
inline std::string compaction_connection(std::string_view turn, std::size_t n) {
  return std::string{turn}.append(compaction_mark).append(std::to_string(n));
}

/// The turn that a connection is of. A turn whose id looks like a compaction's connection is taken
/// for another turn: fine for telling, not for deciding.
inline std::string_view turn_of_connection(std::string_view x) {
  return x.substr(0, x.rfind(compaction_mark));
}

} // namespace troupe
