#pragma once

#include <cstdint>

namespace troupe {

/// Number of the type-id block and of the fields in it. Nodes with different numbers refuse each
/// other: the binary form carries neither names nor versions. Raise it with every change of a
/// registered type.
inline constexpr std::uint32_t wire_version = 7;

} // namespace troupe
