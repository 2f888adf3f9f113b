#pragma once

#include "apps/sim/scenario.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <variant>

namespace troupe::sim {

/// A scenario file is written by hand; demo programs make the largest some 100 KiB.
inline constexpr std::size_t max_scenario_bytes = 8 * 1024 * 1024;

/// Reads TOML (docs/scenarios.md). The error says where and what:
/// `LABEL:LINE:COLUMN: MESSAGE`, then the line and a marker below it. Nothing is tolerated: an
/// unknown key is an error that names the nearest known one.
std::variant<scenario, std::string> read_scenario(std::string_view toml, std::string_view label);

/// The same for a file; its name without extension is the scenario's default name.
std::variant<scenario, std::string> read_scenario_file(const std::filesystem::path& file);

} // namespace troupe::sim
