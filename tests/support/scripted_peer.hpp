#pragma once

#include "net/http_server.hpp"
#include "net/wire/headers.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// A model provider on loopback that plays a script: the peer of tests that need real sockets.
namespace troupe::testing {

/// A place in a streamed answer where the peer waits for `scripted_peer::open_gate`.
struct gate {};

using stream_step = std::variant<std::string, gate>;

/// What happens to one request.
struct scripted_answer {
  enum class shape {
    plain,  ///< `body` in one piece
    stream, ///< `steps`, one chunk each, then `end`
    hang,   ///< nothing, until the client leaves
    reset,  ///< the connection is reset without an answer
  };
  enum class ending {
    finish, ///< regular end of the stream; the connection is kept
    cut,    ///< the connection closes in the middle of the response
    reset,
    stall, ///< nothing more, until the client leaves
  };

  shape how = shape::stream;
  int status = 200;
  net::header_list headers;
  std::string body;
  std::vector<stream_step> steps;
  ending end = ending::finish;
};

/// `data: ...` and the empty line.
std::string sse(std::string_view event_json);

// Events of a response, each as SSE text.
std::string created_event();
std::string text_delta_event(std::string_view text);
std::string message_event(std::string_view text);
std::string function_call_event(std::string_view name, std::string_view arguments,
                                std::string_view call_id);
/// 100 input tokens, 20 of them cached, 10 output tokens, 5 of them reasoning.
std::string completed_event();

scripted_answer plain_answer(int status, std::string body, net::header_list headers = {});
scripted_answer stream_answer(std::vector<stream_step> steps,
                              scripted_answer::ending end = scripted_answer::ending::finish);
/// A whole response that says `text`.
scripted_answer reply_answer(std::string_view text);
scripted_answer hanging_answer();
scripted_answer resetting_answer();

/// Answers its requests by the script, in order of their arrival; the last answer repeats. Has its
/// own I/O thread. All functions may be called from any thread; those that wait return false after
/// ten seconds, which no healthy test needs.
class scripted_peer {
public:
  explicit scripted_peer(std::vector<scripted_answer> answers);
  ~scripted_peer();
  scripted_peer(const scripted_peer&) = delete;
  scripted_peer& operator=(const scripted_peer&) = delete;

  /// "http://127.0.0.1:41234/v1"
  std::string base_url() const;

  /// Everything that has arrived so far.
  std::vector<net::server_request> requests() const;

  /// Connections open at this moment.
  std::size_t connections() const;

  /// Lets one stream that waits at a gate, now or later, pass it.
  void open_gate();

  [[nodiscard]] bool wait_for_requests(std::size_t count) const;
  /// Clients that left before the end of their answer.
  [[nodiscard]] bool wait_for_departures(std::size_t count) const;

private:
  struct state;
  std::shared_ptr<state> state_;
};

} // namespace troupe::testing
