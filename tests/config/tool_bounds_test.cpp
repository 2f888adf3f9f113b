#define CAF_SUITE tool_bounds

#include "config/tool_bounds.hpp"

#include "config/table_reader.hpp"
#include "config/toml_reader.hpp"

#include <caf/test/bdd_dsl.hpp>

using namespace troupe::config;

namespace {

constexpr std::uint64_t gibibyte = 1024ull * 1024 * 1024;

struct outcome {
  tool_bounds bounds;
  std::string error;
};

outcome read(std::string text) {
  const auto source = std::make_shared<const settings_source>(
    settings_source{"/h/config.toml", "/h", std::move(text)});
  const auto root = std::get<setting_table>(parse_toml(source));
  const table_reader reader{root};
  auto bounds = read_tool_bounds(reader.table("tools"));
  return {bounds, reader.error() ? reader.error()->message : ""};
}

} // namespace

SCENARIO("without settings a command gets half of the memory, 1024 processes and files of 16 GiB") {
  const auto found = read("");
  CHECK_EQ(found.error, "");
  CHECK(!found.bounds.max_memory_bytes);
  CHECK_EQ(found.bounds.max_processes, 1024u);
  CHECK_EQ(found.bounds.max_file_bytes, 16 * gibibyte);
}

SCENARIO("bounds are numbers or texts with a unit, and 0 is none") {
  const auto found =
    read("[tools]\nmax_memory = '8 GiB'\nmax_processes = 64\nmax_file_size = 5000000\n");
  CHECK_EQ(found.error, "");
  CHECK_EQ(found.bounds.max_memory_bytes.value_or(0), 8 * gibibyte);
  CHECK_EQ(found.bounds.max_processes, 64u);
  CHECK_EQ(found.bounds.max_file_bytes, 5'000'000u);
  const auto none = read("[tools]\nmax_memory = 0\nmax_processes = 0\nmax_file_size = '0'\n");
  const tool_bounds no_bounds{0, 0, 0};
  CHECK(none.bounds == no_bounds);
}

SCENARIO("what cannot be meant is an error that names the key") {
  for (const auto* key : {"max_memory", "max_file_size"})
    for (const auto* value : {"'much'", "-1", "1000", "'8 GB'", "true", "''"}) {
      const auto error = read(std::string{"[tools]\n"} + key + " = " + value + "\n").error;
      CHECK_NE(error.find(key), std::string::npos);
    }
  for (const auto* value : {"7", "-1", "'8'", "99999999999"})
    CHECK_NE(
      read(std::string{"[tools]\nmax_processes = "} + value + "\n").error.find("max_processes"),
      std::string::npos);
}

SCENARIO("a value out of its range is told the range, its unit and what 0 means") {
  for (const auto* value : {"1000", "-1", "true", "'much'", "'1025 TiB'", "2000000000000000"})
    CHECK(read(std::string{"[tools]\nmax_memory = "} + value + "\n")
            .error.find("`tools.max_memory` must be a number of bytes, or a text with B, KiB, MiB, "
                        "GiB or TiB like \"8 GiB\", from 16 MiB to 1024 TiB; 0 means no bound") !=
          std::string::npos);
  CHECK(read("[tools]\nmax_file_size = '1 KiB'\n").error.find("from 1 MiB to") !=
        std::string::npos);
  for (const auto* value : {"7", "-1", "99999999999"})
    CHECK(read(std::string{"[tools]\nmax_processes = "} + value + "\n")
            .error.find("must be a number of processes from 8 to 4194304; 0 means no bound") !=
          std::string::npos);
}

SCENARIO("sizes have the units of powers of 1024") {
  CHECK_EQ(parse_size("1.5 GiB").value_or(0), 3 * gibibyte / 2);
  CHECK_EQ(parse_size("512MiB").value_or(0), gibibyte / 2);
  CHECK_EQ(parse_size("2 TiB").value_or(0), 2048 * gibibyte);
  CHECK_EQ(parse_size("17").value_or(0), 17u);
  CHECK_EQ(parse_size("3 B").value_or(0), 3u);
  for (const auto* wrong :
       {"", " ", "GiB", "1 gib", "1  GiB", "1 GiB ", "-1", "nan", "inf", "1e30 TiB"})
    CHECK(!parse_size(wrong));
}
