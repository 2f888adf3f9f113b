#pragma once

#include "net/http_server.hpp"
#include "net/io_pool.hpp"
#include "net/websocket.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

/// A model provider on loopback that speaks WebSocket, and HTTP to those who post.
namespace troupe::testing {

/// What the peer does when a message has come.
struct ws_reply {
  enum class ending {
    none,
    close,
    cut,
    binary,
    hang,
    live ///< nothing but signs of life: a ping and a text that is no event, again with each pong
  };

  std::vector<std::string> texts;
  ending end = ending::none;
  bool ping = false; ///< before the texts
};

/// What becomes of one handshake.
struct ws_connection_script {
  int status = 101; ///< others are answered with HTTP
  net::header_list headers;
  std::string body;
  std::vector<ws_reply> replies; ///< to each message; the last one repeats
  bool holds = false;            ///< the handshake waits for `release_handshake`
};

inline std::string ws_completed(const std::string& id) {
  return R"({"type":"response.completed","response":{"id":")" + id + R"("}})";
}

/// Connections play the scripts in their order; the last one repeats. All functions may be called
/// from any thread; those that wait give up after ten seconds.
class ws_peer {
public:
  explicit ws_peer(std::vector<ws_connection_script> scripts, std::string http_body = {})
    : state_(std::make_shared<shared>(std::move(scripts), std::move(http_body))),
      server_(pool_, {}, [state = state_](net::server_request x, net::responder to) {
        state->on_request(std::move(x), std::move(to));
      }) {
    server_.start();
  }

  ~ws_peer() {
    server_.stop();
    pool_.stop();
  }

  std::string base_url() const { return server_.origin() + "/v1"; }

  std::vector<net::server_request> handshakes() const {
    const std::lock_guard guard{state_->mutex};
    return state_->handshakes;
  }
  std::vector<net::server_request> posts() const {
    const std::lock_guard guard{state_->mutex};
    return state_->posts;
  }
  std::vector<std::string> messages() const {
    const std::lock_guard guard{state_->mutex};
    return state_->messages;
  }

  [[nodiscard]] bool wait_for_handshakes(std::size_t n) const {
    return state_->wait([this, n] { return state_->handshakes.size() >= n; });
  }
  [[nodiscard]] bool wait_for_messages(std::size_t n) const {
    return state_->wait([this, n] { return state_->messages.size() >= n; });
  }
  [[nodiscard]] bool wait_for_ends(std::size_t n) const {
    return state_->wait([this, n] { return state_->ends >= n; });
  }
  [[nodiscard]] bool wait_for_pongs(std::size_t n) const {
    return state_->wait([this, n] { return state_->pongs >= n; });
  }

  /// On the I/O thread, like every handshake: what comes then finds its socket.
  void release_handshake() {
    pool_.post([state = state_] { state->release(); });
  }

private:
  struct shared : std::enable_shared_from_this<shared> {
    shared(std::vector<ws_connection_script> x, std::string body)
      : scripts(std::move(x)), http_body(std::move(body)) {}

    std::vector<ws_connection_script> scripts;
    std::string http_body;
    mutable std::mutex mutex;
    mutable std::condition_variable changed;
    std::vector<net::server_request> handshakes;
    std::vector<net::server_request> posts;
    std::vector<std::string> messages;
    std::vector<std::pair<net::responder, const ws_connection_script*>> held;
    std::size_t ends = 0;
    std::size_t pongs = 0;

    template <class Condition>
    bool wait(Condition condition) const {
      std::unique_lock guard{mutex};
      return changed.wait_for(guard, std::chrono::seconds{10}, condition);
    }

    template <class F>
    void change(F&& f) {
      const std::lock_guard guard{mutex};
      f();
      changed.notify_all();
    }

    void on_request(net::server_request x, net::responder to) {
      if (!net::asks_for_websocket(x)) {
        change([&] { posts.push_back(std::move(x)); });
        net::header_list headers;
        headers.set("content-type", "text/event-stream");
        return to.answer(200, std::move(headers), http_body);
      }
      const ws_connection_script* script = nullptr;
      change([&] {
        script = &scripts[std::min(handshakes.size(), scripts.size() - 1)];
        handshakes.push_back(std::move(x));
        if (script->holds)
          held.emplace_back(to, script);
      });
      if (!script->holds)
        accept(to, *script);
    }

    void release() {
      std::vector<std::pair<net::responder, const ws_connection_script*>> released;
      change([&] { released.swap(held); });
      for (auto& [to, script] : released)
        accept(to, *script);
    }

    struct connection {
      net::ws_handle socket;
      std::size_t replied = 0;
      bool lives = false;
    };

    void accept(const net::responder& to, const ws_connection_script& script) {
      if (script.status != 101)
        return to.answer(script.status, script.headers, script.body);
      const auto self = shared_from_this();
      const auto link = std::make_shared<connection>();
      net::ws_handlers handlers;
      handlers.on_text = [self, link, &script](std::string_view text) {
        self->change([&] { self->messages.emplace_back(text); });
        reply(*link, script);
      };
      handlers.on_frame = [self, link](net::ws_frame x) {
        if (x != net::ws_frame::pong)
          return;
        self->change([&] { ++self->pongs; });
        if (link->lives)
          show_life(*link);
      };
      handlers.on_done = [self](const net::ws_outcome&) { self->change([&] { ++self->ends; }); };
      link->socket = to.accept_websocket(std::move(handlers), script.headers);
    }

    static void show_life(connection& link) {
      link.socket.send(R"({"type":"keepalive"})");
      link.socket.ping("p");
    }

    static void reply(connection& link, const ws_connection_script& script) {
      if (script.replies.empty())
        return;
      const auto& x = script.replies[std::min(link.replied++, script.replies.size() - 1)];
      if (x.ping)
        link.socket.ping("p");
      for (const auto& text : x.texts)
        link.socket.send(text);
      switch (x.end) {
      case ws_reply::ending::none:
      case ws_reply::ending::hang: return;
      case ws_reply::ending::close: return link.socket.close({1001, "going away"});
      case ws_reply::ending::cut: return link.socket.cut(net::ws_handle::cut_mode::close);
      case ws_reply::ending::binary: return link.socket.send_binary("x");
      case ws_reply::ending::live: link.lives = true; return show_life(link);
      }
    }
  };

  net::io_pool pool_;
  std::shared_ptr<shared> state_;
  net::http_server server_;
};

} // namespace troupe::testing
