#pragma once

#include "apps/common/exchange_options.hpp"
#include "apps/common/override_options.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace troupe::exec {

/// What the options that `exec` and `exec resume` share were given on one of the two levels, as it
/// stands on the command line. `has` tells an option that was not given from an empty one.
struct exec_options {
  common::override_options overrides;
  std::vector<std::string> images;
  std::string model;
  std::string profile;
  std::string local_provider;
  std::string identity;
  std::string mode;
  std::string sandbox;
  std::string working_root;
  std::vector<std::string> writable_roots;
  std::string output_schema;
  std::string last_message_file;
  std::string color;
  std::string offline; ///< "true": no scenario was named
  std::uint64_t seed = 0;
  common::exchange_options exchanges;
  std::optional<std::uint16_t> metrics_port;
  std::string ignored;
  const CLI::App* app = nullptr;

  bool has(const char* option) const;
};

/// `greedy`: one `--image` takes all words up to the next option, as `exec` has it.
enum class image_words : std::uint8_t { greedy, one };

/// Defines the options on `app`; `into` must live until the command line is parsed.
void add_exec_options(CLI::App& app, exec_options& into, image_words words);

/// Options of the released binary that change what a run may do and are not there yet. They are
/// refused: without effect they would mislead.
std::span<const char* const> unavailable_exec_options();

} // namespace troupe::exec
