#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// What of a running command's output is shown live. Contract tools.md 3.3 and 4.1.
namespace troupe::tool_runner {

/// Decides which pieces of one stream are shown. The contract bounds their number; a program that
/// floods is bounded in speed too, because nothing slows it down for those who watch. What is not
/// shown live is still retained within the bounds of the output buffers.
class delta_budget {
public:
  using clock = std::chrono::steady_clock;

  static constexpr std::uint32_t max_deltas = 10'000;
  static constexpr std::size_t burst_bytes = 1024 * 1024;
  static constexpr std::size_t bytes_per_second = 256 * 1024;

  /// Whether a piece of this size may be shown now; counts it if so.
  bool admit(std::size_t bytes, clock::time_point now);

private:
  std::uint32_t deltas_ = 0;
  double available_ = burst_bytes;
  clock::time_point refilled_{};
};

/// Cuts a stream into pieces of whole UTF-8 characters; an undecodable byte is a piece of its own.
class delta_cutter {
public:
  static constexpr std::size_t max_piece_bytes = 8192;

  /// The pieces completed by `bytes`; the start of a character is kept for the next call.
  std::vector<std::string> cut(std::string_view bytes);

  /// What is kept, at the end of the stream.
  std::vector<std::string> rest();

private:
  std::string kept_;
};

} // namespace troupe::tool_runner
