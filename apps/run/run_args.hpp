#pragma once

#include "apps/common/exchange_options.hpp"
#include "apps/common/override_options.hpp"
#include "messages/collaboration_mode.hpp"
#include "messages/identity.hpp"
#include "messages/settings.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace CLI {
class App;
}

/// The command line of `troupe run`.
namespace troupe::run {

inline constexpr std::size_t default_concurrency = 256;

struct run_args {
  common::override_options overrides;
  std::filesystem::path tasks;
  std::filesystem::path out; ///< results folder
  std::size_t concurrency = default_concurrency;
  std::optional<std::chrono::seconds> task_timeout;
  std::optional<std::string> model;
  std::optional<std::string> profile;
  std::optional<identity_kind> identity;
  std::optional<mode_kind> mode;
  std::optional<troupe::sandbox_mode> sandbox;
  std::optional<std::string> offline; ///< scenario name or file; empty: the default one
  std::optional<std::uint64_t> seed;
  common::exchange_options exchanges;
  std::optional<std::uint16_t> metrics_port;
  bool resume = false;
  bool retry_failed = false;
  bool quiet = false;
  bool json = false;
};

/// Defines `run` below a root app and reads what it was given. Must live until the command line is
/// parsed and `finish` was called.
class run_parser {
public:
  explicit run_parser(CLI::App& root);
  run_parser(const run_parser&) = delete;
  run_parser& operator=(const run_parser&) = delete;

  CLI::App& app() { return *app_; }

  /// After a parse that chose `run`. Throws `CLI::ParseError` when TASKS is missing.
  run_args finish() const;

private:
  void add_task_options();
  void add_thread_options();
  void add_output_options();

  CLI::App* app_;
  common::override_options overrides_;
  std::string tasks_;
  std::string out_;
  std::string sandbox_;
  std::string identity_;
  std::string mode_;
  std::optional<std::string> model_;
  std::optional<std::string> profile_;
  std::optional<std::string> offline_;
  std::optional<std::uint64_t> seed_;
  common::exchange_options exchanges_;
  std::optional<std::uint16_t> metrics_port_;
  std::size_t concurrency_ = default_concurrency;
  std::uint64_t timeout_ = 0;
  bool resume_ = false;
  bool retry_failed_ = false;
  bool quiet_ = false;
  bool json_ = false;
};

} // namespace troupe::run
