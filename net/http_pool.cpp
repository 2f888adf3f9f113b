#include "net/http_pool.hpp"

#include "net/limits.hpp"
#include "net/tls_context.hpp"

#include <cerrno>
#include <iterator>
#include <utility>

#include <sys/socket.h>

namespace troupe::net {

namespace {

// A server that has closed an idle connection has left an end, an error or (TLS) a farewell in our
// socket; a healthy idle connection has nothing to read.
bool is_quiet(connection& x) {
  char byte = 0;
  const auto n = ::recv(x.link.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

} // namespace

http_pool::http_pool(std::shared_ptr<io_lane> lane, http_client_options options,
                     std::shared_ptr<exchange_gate> gate)
  : lane_(std::move(lane)), options_(std::move(options)), gate_(std::move(gate)),
    addresses_(std::make_shared<address_book>(lane_)), prune_timer_(lane_->context()) {}

bool http_pool::enrol_call(conversation& call) {
  if (is_closed_)
    return false;
  if (!std::exchange(is_enrolled_, true))
    lane_->enrol(*this);
  calls_.enrol(call);
  return true;
}

std::unique_ptr<connection> http_pool::take(const std::string& key) {
  const auto i = idle_.find(key);
  if (i == idle_.end())
    return nullptr;
  auto& connections = i->second;
  std::unique_ptr<connection> found;
  while (!found && !connections.empty()) {
    if (is_quiet(*connections.back()))
      found = std::move(connections.back());
    connections.pop_back();
  }
  if (connections.empty())
    idle_.erase(i);
  return found;
}

void http_pool::give(std::unique_ptr<connection> link) {
  if (is_closed_ || !link->input.empty() || options_.max_pooled_per_origin == 0)
    return;
  link->input.release();
  link->idle_since = std::chrono::steady_clock::now();
  auto& connections = idle_[link->key];
  if (connections.size() == options_.max_pooled_per_origin)
    connections.pop_front();
  connections.push_back(std::move(link));
  prune_later();
}

http_pool::tls_result http_pool::tls() {
  if (!tls_) { // on first use: http-only programs never read the trust store
    auto made = make_client_context(options_.tls);
    if (!made.context)
      return std::move(made.detail);
    tls_ = std::move(made.context);
  }
  return tls_.get();
}

void http_pool::abandon() {
  is_closed_ = true;
  calls_.abandon_all();
  idle_.clear();
  addresses_->abandon();
  prune_timer_.cancel();
}

void http_pool::prune_later() {
  if (std::exchange(is_pruning_, true))
    return;
  prune_timer_.expires_after(options_.pooled_connection_limit);
  prune_timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    self->is_pruning_ = false;
    if (!error && !self->is_closed_)
      self->prune();
  });
}

void http_pool::prune() {
  const auto oldest = std::chrono::steady_clock::now() - options_.pooled_connection_limit;
  for (auto i = idle_.begin(); i != idle_.end();) {
    auto& connections = i->second;
    while (!connections.empty() && connections.front()->idle_since <= oldest)
      connections.pop_front();
    i = connections.empty() ? idle_.erase(i) : std::next(i);
  }
  if (!idle_.empty())
    prune_later();
}

} // namespace troupe::net
