#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace troupe::codex_thread {

/// The last word on a working directory, so that turns in quick succession need not ask for it each
/// time. It is used only while nothing here can have changed the directory: the owner calls
/// `forget` when a tool runs, and what other programs do is seen after `max_age`. Pure.
class workspace_memory {
public:
  using time_point = std::chrono::steady_clock::time_point;

  static constexpr std::chrono::milliseconds max_age{1'000};

  /// How long a turn's first request waits for an answer (contract responses-client.md 4.2). One
  /// that took as long may be the lack of one, which is not worth remembering.
  static constexpr std::chrono::milliseconds answer_limit{250};

  /// A question goes out.
  void ask(std::string cwd, time_point now) {
    cwd_ = std::move(cwd);
    asked_ = now;
    metadata_json_.reset();
  }

  /// Its answer.
  void keep(std::string metadata_json, time_point now) {
    if (!cwd_.empty() && now - asked_ < answer_limit)
      metadata_json_ = std::move(metadata_json);
  }

  /// What is known of `cwd`; none when it has to be asked for.
  std::optional<std::string> find(std::string_view cwd, time_point now) const {
    if (cwd != cwd_ || now - asked_ >= max_age)
      return std::nullopt;
    return metadata_json_;
  }

  void forget() { cwd_.clear(); }

private:
  std::string cwd_; ///< empty: nothing is known or asked
  std::optional<std::string> metadata_json_;
  time_point asked_;
};

} // namespace troupe::codex_thread
