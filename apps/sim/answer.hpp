#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace troupe::sim {

/// What the server sends for one request, and when: a plan, made in full before the first byte.
struct answer {
  /// One event of the stream: the bytes of `body` up to `end`, sent after a wait that begins when
  /// the event before has been sent.
  struct event {
    std::size_t end = 0;
    std::chrono::microseconds wait{0};
    bool operator==(const event&) const = default;
  };

  /// What happens when everything is sent.
  enum class ending : std::uint8_t {
    finish, ///< the response is complete; the connection stays
    cut,    ///< the connection closes, the response is not complete
    reset,  ///< the connection is reset
    hang,   ///< nothing more, until the client goes
    repeat, ///< the last event again and again, until the client goes
  };

  int status = 200;
  std::string content_type = "text/event-stream";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::vector<event> events; ///< empty: the body goes out in one piece

  std::chrono::microseconds before_head{0};
  bool sends_head = true; ///< false: `end` happens instead of an answer
  ending end = ending::finish;
  std::chrono::microseconds repeat_interval{0};

  bool operator==(const answer&) const = default;
};

} // namespace troupe::sim
