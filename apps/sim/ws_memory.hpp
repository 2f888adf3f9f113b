#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

namespace troupe::sim {

/// The two generations of the protocol: the first one appends to the last request, the second one
/// names the last response (contract responses-client, section 10.5).
enum class ws_version { v1, v2 };

/// What a provider remembers on one WebSocket, so that a request that sends only what is new can be
/// read as a whole one. Bounded by `max_body_bytes`.
class ws_memory {
public:
  /// As for a body over HTTP.
  static constexpr std::size_t max_body_bytes = 64 * 1024 * 1024;

  explicit ws_memory(ws_version version) : version_(version) {}

  /// Why a message is no request: `code` for programs, `message` for people.
  struct problem {
    std::string_view code;
    std::string message;
    bool operator==(const problem&) const = default;
  };

  /// The request that a message means, as one body with its whole input. It is the last request
  /// from now on; after a problem the memory is as before.
  std::variant<std::string, problem> whole_body(std::string_view message);

  /// The last request has been answered by the response with this id.
  void answered(std::string response_id) { last_response_ = std::move(response_id); }

private:
  std::variant<std::string, problem> create(std::string_view message);
  std::variant<std::string, problem> append(std::string_view message);
  std::variant<std::string, problem> remember(std::string front, std::string items,
                                              std::string back);

  ws_version version_;
  bool has_request_ = false;
  std::string front_; // of the last request, up to its input
  std::string back_;  // behind it
  std::string items_; // of its whole input, without brackets
  std::string last_response_;
};

} // namespace troupe::sim
