#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// How a trial run shows that something ran, and inside of a sandbox: a program that merely
/// succeeds is no bubblewrap. Against mistakes, not against a program that is made to deceive.
namespace troupe::tool_runner {

class sandbox_proof {
public:
  enum class verdict : std::uint8_t { shown, nothing_ran, ran_outside };

  /// With a word that nobody can know before.
  static sandbox_proof make();

  /// What is to run in a sandbox that lets nothing be written: tries to, in each of the folders,
  /// and tells. Empty names are left out. What it writes outside of one it removes.
  std::vector<std::string> command(const std::vector<std::string>& folders) const;

  /// `output`: all of its standard output, when it has ended with exit code 0.
  verdict judge(std::string_view output) const;

private:
  explicit sandbox_proof(std::string word) : word_(std::move(word)) {}

  std::string word_;
};

} // namespace troupe::tool_runner
