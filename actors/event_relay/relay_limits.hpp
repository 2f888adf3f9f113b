#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace troupe::event_relay {

/// Every bound of the relay and its links (guides/caf.md 8.3, 9.2 and 9.3).
struct limits {
  /// Nodes that may follow this one, clients that only said hello included.
  std::size_t followers = 256;

  /// Nodes this one may follow. Each costs one actor and one timer.
  std::size_t peers = 256;

  /// Events on their way to a follower. At 200,000 events per second a follower has 20 ms to
  /// answer; one that cannot is resynchronised, which costs less than a longer queue.
  std::uint32_t window = 4096;

  /// A follower tells what it has taken after this many events, and on every beat.
  std::uint32_t credit_batch = 1024;

  /// Threads in one message of a list. Some 60 bytes each; CAF's messages end at a megabyte.
  std::size_t list_page = 4096;

  /// Threads that a peer may list: ten times what a node may have. A longer list ends the link.
  std::size_t listed_threads = 1'000'000;

  /// Beat of an open link: returns leftover credit and finds out whether the peer still knows us.
  std::chrono::milliseconds beat{5000};

  /// Connecting, and each answer of a peer. Requests to a lost node are never answered.
  std::chrono::milliseconds answer{5000};

  /// The first dial comes at some moment within this time. Two nodes that dial each other in the
  /// same instant get two connections, of which each uses another one; neither hears the other
  /// until the connection timeout.
  std::chrono::milliseconds first_dial{200};

  /// First and longest wait before dialling again. The longest exceeds the connection timeout (7
  /// s): a peer that has not yet noticed the end of the old connection ignores a new one.
  std::chrono::milliseconds first_redial{500};
  std::chrono::milliseconds longest_redial{10'000};

  /// Wait before dialling a peer that speaks another wire version: it may be replaced.
  std::chrono::milliseconds incompatible_redial{30'000};

  /// A peer that is away this long is taken for lost, and its threads are reported closed.
  std::chrono::milliseconds forget{60'000};
};

/// A probe's limit: a lost SYN is sent again after 1 s and after 3 s.
inline constexpr std::chrono::milliseconds probe_limit{3500};

/// The wait before dial number `attempt` after a loss (1 = the first): doubled each time from the
/// first to the longest, times `jitter`, so that the nodes of a cluster do not dial in step.
std::chrono::milliseconds redial_delay(const limits& x, unsigned attempt, double jitter);

/// Bounds of the jitter (uniform).
inline constexpr double redial_jitter_low = 0.75;
inline constexpr double redial_jitter_high = 1.25;

} // namespace troupe::event_relay
