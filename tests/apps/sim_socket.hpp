#pragma once

#include "net/http_client.hpp"
#include "net/websocket.hpp"
#include "net/ws_client.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::test {

/// A client's end of a WebSocket to the simulator. All waits are for events.
class sim_socket {
public:
  sim_socket(net::http_client& client, net::ws_request request) {
    net::ws_handlers handlers;
    handlers.on_open = [seen = seen_](const net::response_head& x) {
      seen->note([&] { seen->head = x; });
    };
    handlers.on_text = [seen = seen_](std::string_view x) {
      seen->note([&] { seen->texts.emplace_back(x); });
    };
    handlers.on_frame = [seen = seen_](net::ws_frame x) {
      seen->note([&] { seen->pings += x == net::ws_frame::ping ? 1 : 0; });
    };
    handlers.on_done = [seen = seen_](net::ws_outcome x) {
      seen->note([&] { seen->outcome = std::move(x); });
    };
    handle_ = client.open_websocket(std::move(request), std::move(handlers));
  }

  void send(std::string text) { handle_.send(std::move(text)); }

  /// The answer to the handshake, 101 or another.
  net::response_head head() {
    const auto guard = seen_->wait([this] { return seen_->head || seen_->outcome; });
    return seen_->head ? *seen_->head : seen_->outcome->head;
  }

  net::ws_outcome outcome() {
    const auto guard = seen_->wait([this] { return seen_->outcome.has_value(); });
    return *seen_->outcome;
  }

  /// The next message; none when the socket has ended.
  std::optional<boost::json::object> next() {
    const auto guard = seen_->wait([this] { return !seen_->texts.empty() || seen_->outcome; });
    if (seen_->texts.empty())
      return std::nullopt;
    const auto text = std::move(seen_->texts.front());
    seen_->texts.pop_front();
    return boost::json::parse(text).as_object();
  }

  /// The events up to the end of a response, or of the socket.
  std::vector<boost::json::object> response() {
    std::vector<boost::json::object> result;
    while (auto event = next()) {
      result.push_back(std::move(*event));
      if (result.back().at("type") == "response.completed")
        break;
    }
    return result;
  }

  void wait_for_ping() {
    seen_->wait([this] { return seen_->pings > 0 || seen_->outcome; });
  }

private:
  struct record {
    std::mutex mutex;
    std::condition_variable changed;
    std::optional<net::response_head> head;
    std::deque<std::string> texts;
    int pings = 0;
    std::optional<net::ws_outcome> outcome;

    template <class Change>
    void note(Change change) {
      const std::lock_guard guard{mutex};
      change();
      changed.notify_all();
    }

    template <class Condition>
    std::unique_lock<std::mutex> wait(Condition condition) {
      std::unique_lock lock{mutex};
      changed.wait(lock, condition);
      return lock;
    }
  };

  std::shared_ptr<record> seen_ = std::make_shared<record>();
  net::ws_handle handle_;
};

} // namespace troupe::test
