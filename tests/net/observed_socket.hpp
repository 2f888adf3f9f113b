#pragma once

#include "net/http_client.hpp"
#include "net/websocket.hpp"
#include "net/ws_client.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace troupe::net::test {

/// What the handlers of one end of a WebSocket have seen. All waits are for events.
class observed_socket {
public:
  enum class binary { refused, taken };

  ws_handle handle;

  ws_handlers handlers(binary mode = binary::refused) {
    auto token = std::make_shared<int>(0);
    seen_->captured = token;
    ws_handlers result;
    result.on_open = [seen = seen_](const response_head& x) {
      seen->note([&] { seen->head = x; });
    };
    result.on_text = [seen = seen_](std::string_view x) {
      seen->note([&] { seen->texts.emplace_back(x); });
    };
    if (mode == binary::taken)
      result.on_binary = [seen = seen_](std::string_view x) {
        seen->note([&] { seen->binaries.emplace_back(x); });
      };
    result.on_frame = [seen = seen_](ws_frame x) {
      seen->note([&] { seen->frames.push_back(x); });
    };
    result.on_done = [seen = seen_, token = std::move(token)](ws_outcome x) {
      seen->note([&] {
        ++seen->ends;
        seen->outcome = std::move(x);
      });
    };
    return result;
  }

  response_head head() const {
    const auto lock = seen_->wait([&] { return seen_->head || seen_->outcome; });
    return seen_->head.value_or(response_head{});
  }
  ws_outcome outcome() const {
    const auto lock = seen_->wait([&] { return seen_->outcome.has_value(); });
    return *seen_->outcome;
  }
  /// The first `n` texts; fewer when the socket ends before.
  std::vector<std::string> texts(std::size_t n) const {
    const auto lock = seen_->wait([&] { return seen_->texts.size() >= n || seen_->outcome; });
    return seen_->texts;
  }
  std::string text() const {
    const auto all = texts(1);
    return all.empty() ? "" : all.front();
  }
  std::vector<std::string> binaries(std::size_t n) const {
    const auto lock = seen_->wait([&] { return seen_->binaries.size() >= n || seen_->outcome; });
    return seen_->binaries;
  }
  void wait_for_frame(ws_frame kind) const {
    seen_->wait([&] {
      return seen_->outcome ||
             std::find(seen_->frames.begin(), seen_->frames.end(), kind) != seen_->frames.end();
    });
  }
  int ends() const {
    const std::lock_guard guard{seen_->mutex};
    return seen_->ends;
  }
  bool is_released() const { return seen_->captured.expired(); }

private:
  struct record {
    std::mutex mutex;
    std::condition_variable changed;
    std::optional<response_head> head;
    std::vector<std::string> texts;
    std::vector<std::string> binaries;
    std::vector<ws_frame> frames;
    std::optional<ws_outcome> outcome;
    int ends = 0;
    std::weak_ptr<int> captured;

    template <class Change>
    void note(Change change) {
      const std::lock_guard guard{mutex};
      change();
      changed.notify_all();
    }
    /// What was waited for is read under the lock: more may be arriving.
    template <class Condition>
    std::unique_lock<std::mutex> wait(Condition condition) {
      std::unique_lock lock{mutex};
      changed.wait(lock, condition);
      return lock;
    }
  };

  std::shared_ptr<record> seen_ = std::make_shared<record>();
};

inline observed_socket open(http_client& client, ws_request request) {
  observed_socket socket;
  socket.handle = client.open_websocket(std::move(request), socket.handlers());
  return socket;
}

} // namespace troupe::net::test
