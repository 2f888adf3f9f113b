#pragma once

#include "actors/auth_manager/store_job.hpp"
#include "messages/interfaces.hpp"
#include "net/wire/headers.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace troupe::net {
class http_client;
}

/// The actor that owns the node's login and renews it.
///
/// Owner: the node's root. The services of the same node ask it; nobody on another node can, for
/// its answers hold secrets. One piece of work at a time, shared by all who need it
/// (login_desk.hpp). Bounds: `limits::waiting` requests and `limits::watchers`, beyond which the
/// answer is `errc::queue_full`. Waits: the lock of the store, files, the token server, the host
/// application; all of it together is `limits::work`. Ends: on an exit message; who waits is
/// answered `errc::shutting_down`, and a refresh that has begun is brought to its end first,
/// because its token is used up.
namespace troupe::auth_manager {

struct limits {
  /// One for each stream that a model client may have open, and as many again.
  std::size_t waiting = 40'000;
  /// Actors that hear of the login: the models manager, and what a front end shows.
  std::size_t watchers = 64;
  /// The token server's answer, connection included.
  std::chrono::milliseconds refresh{30'000};
  /// A request that found stale tokens goes on with them after that.
  std::chrono::milliseconds patience{10'000};
  /// The host application's answer (contract responses-client.md 14).
  std::chrono::milliseconds host{10'000};
  /// Any piece of work. Longer than what it consists of: only a disk that hangs gets here.
  /// `login_lock::default_patience` is made for it.
  std::chrono::milliseconds work{45'000};
  /// Between two attempts to get a lock that another process holds.
  std::chrono::milliseconds lock_pause{100};
  /// For a refresh that is under way when the actor ends.
  std::chrono::milliseconds farewell{10'000};
  /// The token server's answer: three tokens of a few KiB.
  std::size_t answer_bytes = 256 * 1024;
};

/// A login that a host application has lent. Outlives the actor, so that a restart does not lose
/// what is stored nowhere.
struct lent_login {
  std::optional<config::login> login;
  token_host_actor host;
};

enum class first_login : std::uint8_t {
  given,     ///< `dependencies::login`: the front door has read it already
  from_store ///< read it again: after a restart
};

struct dependencies {
  net::http_client* http = nullptr;                ///< outlives the actor
  std::function<void(std::function<void()>)> post; ///< runs what blocks, elsewhere
  login_sources sources;
  std::vector<std::string> forced_workspaces; ///< empty: any
  net::header_list headers;                   ///< originator and user agent
  first_login first = first_login::from_store;
  std::optional<config::login> login;
  std::shared_ptr<lent_login> lent; ///< null: the actor's own
  auth_manager::limits limits;
  std::function<time_point()> now = std::chrono::system_clock::now;
};

auth_manager_actor spawn(caf::actor_system& sys, dependencies deps);

} // namespace troupe::auth_manager
