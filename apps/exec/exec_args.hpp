#pragma once

#include "apps/common/exchange_options.hpp"
#include "apps/common/output_channel.hpp"
#include "apps/exec/exec_options.hpp"
#include "messages/collaboration_mode.hpp"
#include "messages/identity.hpp"
#include "messages/settings.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// The command line of `troupe exec` (contract exec-and-sdk.md 1.1, 1.2).
namespace troupe::exec {

/// Which stored thread `exec resume` continues; with neither member the command starts a new one.
struct resume_target {
  std::optional<std::string> session; ///< thread id or thread name
  bool last = false;                  ///< the most recently updated one
  bool all = false;                   ///< with `last`: of any working directory
  bool operator==(const resume_target&) const = default;
};

/// A finished command line. Paths are as given.
struct exec_args {
  std::vector<common::override_options> overrides; ///< of `exec`, then of `resume`
  std::optional<std::string> prompt;               ///< `-`: stdin
  std::vector<std::string> images;
  std::optional<std::string> model;
  std::optional<std::string> profile;
  std::optional<std::string> local_provider; ///< with `--oss`; empty: the configured one
  std::optional<identity_kind> identity;
  std::optional<mode_kind> mode;
  std::optional<troupe::sandbox_mode> sandbox;
  std::optional<std::string> working_root;
  std::vector<std::string> writable_roots;
  std::optional<std::string> output_schema;
  std::optional<std::string> last_message_file;
  common::color_choice color = common::color_choice::automatic;
  bool skip_git_check = false;
  bool ephemeral = false;
  bool json = false;
  std::optional<resume_target> resume;
  std::optional<std::string> offline; ///< scenario file; empty: the built-in scenario
  std::optional<std::uint64_t> seed;
  common::exchange_options exchanges;
  std::optional<std::uint16_t> metrics_port;
  /// What was asked for is valid, but this version cannot do it: the text to refuse with.
  std::optional<std::string> refusal;
};

/// Defines `exec` and its subcommands below a root app, and reads what they were given. Must live
/// until the command line is parsed and `finish` was called.
class exec_parser {
public:
  explicit exec_parser(CLI::App& root);
  exec_parser(const exec_parser&) = delete;
  exec_parser& operator=(const exec_parser&) = delete;

  CLI::App& app() { return *app_; }

  /// After a parse that chose `exec`. Throws `CLI::ParseError` for options that exclude each other.
  exec_args finish() const;

private:
  void add_resume();
  void add_unavailable(const char* name, const char* description);
  std::optional<std::string> refusal() const;

  CLI::App* app_;
  CLI::App* resume_ = nullptr;
  exec_options options_;
  exec_options resume_options_;
  std::optional<std::string> prompt_;
  resume_target target_;
  std::optional<std::string> resume_prompt_;
};

} // namespace troupe::exec
