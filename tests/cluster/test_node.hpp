#pragma once

// Included after caf/test/bdd_dsl.hpp.

#include "actors/common/harden.hpp"
#include "actors/event_relay/event_relay_actor.hpp"
#include "actors/event_relay/link_fence_actor.hpp"
#include "actors/event_relay/link_middleman_actor.hpp"
#include "config/node_config.hpp"
#include "messages/interfaces.hpp"
#include "net/io_pool.hpp"
#include "net/node_links.hpp"
#include "tests/net/test_authority.hpp"

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/group.hpp>
#include <caf/group_manager.hpp>
#include <caf/io/middleman.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace troupe::test {

/// Starts, lists and removes threads that are names only, and publishes as the real one does.
class fake_thread_manager {
public:
  fake_thread_manager(caf::event_based_actor* self, node_name node)
    : self_(self), node_(std::move(node)) {
    harden(self_);
  }

  caf::behavior make_behavior() {
    const auto events = self_->system().groups().get_local(thread_events_group);
    return {
      [this, events](const start_thread& x) {
        thread_summary added;
        added.thread = new_thread_id();
        added.source = x.config.source;
        threads_.emplace(added.thread, added);
        caf::anon_send(events, thread_created{added.thread, {}, added.source, node_});
        thread_started answer;
        answer.thread = added.thread;
        return answer;
      },
      [this, events](const remove_thread& x) {
        threads_.erase(x.thread);
        caf::anon_send(events, thread_closed{x.thread, "removed", node_});
      },
      [this](const list_threads&) {
        thread_list result;
        for (const auto& [id, thread] : threads_)
          result.threads.push_back(thread);
        return result;
      },
    };
  }

private:
  caf::event_based_actor* self_;
  node_name node_;
  std::map<thread_id, thread_summary> threads_;
};

/// Quick enough for tests: dialling does not wait for anything but the other side.
inline event_relay::limits quick_limits() {
  event_relay::limits result;
  result.first_redial = std::chrono::milliseconds{20};
  result.longest_redial = std::chrono::milliseconds{200};
  result.incompatible_redial = std::chrono::milliseconds{20};
  result.answer = std::chrono::milliseconds{2000};
  return result;
}

inline config::node_options linked_node() {
  config::node_options result;
  result.networking = config::networking::cluster;
  result.threads = 2;
  return result;
}

/// The authority of this program's cluster "test".
inline net::test::test_authority& cluster_authority() {
  static net::test::test_authority result;
  return result;
}

inline config::tls_files files_of(net::test::test_authority& authority, const std::string& node) {
  const auto files = authority.issue("URI:troupe://test/" + node);
  return {files.certificate, files.key, {}, authority.bundle()};
}

/// The network side of a node in tests. With a system, its links ask after every few messages
/// whether they were taken.
inline std::unique_ptr<net::node_links> open_links(const net::io_pool& io,
                                                   const config::tls_files& files,
                                                   caf::actor_system* sys = nullptr) {
  net::link_options options{.files = files,
                            .members = {},
                            .rules = event_relay::peer_rules(),
                            .limits = {},
                            .settle = {},
                            .report = {}};
  options.limits.unsettled_messages = 3;
  if (sys != nullptr)
    options.settle = [sys](const std::vector<std::uint64_t>& actors,
                           std::function<void(bool)> done) {
      event_relay::settle(*sys, actors, {}, event_relay::fence_limit, std::move(done));
    };
  auto made = net::node_links::open(io, std::move(options));
  if (const auto* problem = std::get_if<std::string>(&made))
    CAF_FAIL("no links: " << *problem);
  return std::get<std::unique_ptr<net::node_links>>(std::move(made));
}

/// A node with a fake thread manager and a real relay, published on loopback.
class test_node {
public:
  using event = std::variant<thread_created, thread_closed>;

  explicit test_node(std::string name, const config::node_options& options = linked_node(),
                     const event_relay::limits& limits = quick_limits(),
                     std::optional<config::tls_files> files = std::nullopt)
    : name_{std::move(name)}, config_(options), sys(config_), observer(sys),
      cluster_(sys,
               open_links(io_, files ? *files : files_of(cluster_authority(), name_.value), &sys)) {
    observer->join(sys.groups().get_local(thread_events_group));
    manager_ = sys.spawn<caf::stateful_actor<fake_thread_manager>>(name_);
    relay = event_relay::spawn(sys, {.manager = caf::actor_cast<thread_manager_actor>(manager_),
                                     .node = name_,
                                     .door = caf::actor_cast<thread_door_actor>(manager_),
                                     .dialler = cluster_.dialler(),
                                     .dial = cluster_.dial(),
                                     .name_of = cluster_.name_of(),
                                     .limits = limits});
    const auto port = cluster_.publish(relay, "127.0.0.1", 0);
    if (const auto* problem = std::get_if<std::string>(&port))
      CAF_FAIL("cannot publish: " << *problem);
    port_ = std::get<std::uint16_t>(port);
  }

  ~test_node() {
    observer->leave(sys.groups().get_local(thread_events_group));
    caf::anon_send_exit(relay, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(manager_, caf::exit_reason::user_shutdown);
    relay = nullptr;
    manager_ = nullptr;
    cluster_.stop();
    io_.stop(); // before the system: pending dials hold actors
  }

  const node_name& name() const { return name_; }
  std::uint16_t port() const { return port_; }

  void follow_port(std::uint16_t port) {
    observer->request(relay, caf::infinite, add_peer{"127.0.0.1", port})
      .receive([] {}, [](const caf::error& x) { CAF_FAIL("peer refused: " << x); });
  }

  thread_id create() { return create_through(caf::actor_cast<thread_door_actor>(manager_)); }

  /// Starts a thread on the node that `manager` belongs to.
  thread_id create_through(const thread_door_actor& manager) {
    thread_id result;
    observer->request(manager, std::chrono::seconds{20}, start_thread{})
      .receive([&](const thread_started& x) { result = x.thread; },
               [](const caf::error& x) { CAF_FAIL("no thread: " << x); });
    return result;
  }

  void close(const thread_id& x) {
    observer->request(manager_, caf::infinite, remove_thread{x})
      .receive([] {}, [](const caf::error& error) { CAF_FAIL("not removed: " << error); });
  }

  /// The thread manager of a node this one follows.
  thread_door_actor manager_of(const node_name& node) {
    thread_door_actor result;
    observer->request(relay, caf::infinite, get_thread_manager{node})
      .receive([&](const thread_door_actor& x) { result = x; },
               [](const caf::error& x) { CAF_FAIL("no manager: " << x); });
    return result;
  }

  /// The next thread event that subscribers of this node hear.
  event next_event() {
    event result;
    observer->receive(
      [&](const thread_created& x) { result = x; }, [&](const thread_closed& x) { result = x; },
      caf::after(std::chrono::seconds{20}) >> [] { CAF_FAIL("no event within 20 s"); });
    return result;
  }

private:
  node_name name_;
  net::io_pool io_;
  config::node_config config_;

public:
  caf::actor_system sys;
  caf::scoped_actor observer;
  caf::actor relay;

private:
  event_relay::cluster_port cluster_;
  caf::actor manager_;
  std::uint16_t port_ = 0;
};

} // namespace troupe::test
