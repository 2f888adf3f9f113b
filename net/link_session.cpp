#include "net/link_session.hpp"

#include "net/link_failure.hpp"

#include <boost/asio/write.hpp>

#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <utility>

namespace troupe::net {

using boost::system::error_code;

namespace {

constexpr std::size_t tls_record_bytes = 16 * 1024;
constexpr std::size_t local_read_bytes = 64 * 1024;
constexpr std::chrono::milliseconds shortest_watch{50};
constexpr std::chrono::milliseconds slow_write{1000};

bool is_end(const error_code& x) {
  return x == asio::error::eof || x == asio::ssl::error::stream_truncated;
}

} // namespace

link_session::link_session(std::shared_ptr<link_hub> hub, tcp_socket socket, start_point from)
  : hub_(std::move(hub)), from_(std::move(from)), context_(hub_->context()),
    tls_(std::move(socket), *context_), local_(hub_->lane->context()),
    timer_(hub_->lane->context()), gate_(from_.side, hub_->options.rules, questions_),
    outlet_(hub_->options.rules, questions_) {}

void link_session::start() {
  hub_->lane->enrol(*this);
  id_ = hub_->add(shared_from_this());
  if (from_.side == basp_side::acceptor)
    hub_->enter_lobby(id_, from_.address);
  error_code ignored;
  tls_.next_layer().set_option(asio::ip::tcp::no_delay{true}, ignored);
  timer_.expires_after(hub_->options.limits.handshake);
  timer_.async_wait([self = shared_from_this()](const error_code& error) {
    if (!error && !self->is_open_)
      self->end("it did not say in time who it is");
  });
  tls_.async_handshake(
    from_.side == basp_side::acceptor ? asio::ssl::stream_base::server
                                      : asio::ssl::stream_base::client,
    [self = shared_from_this()](const error_code& error) { self->on_tls(error); });
}

void link_session::on_tls(const error_code& error) {
  if (is_closed_)
    return;
  if (error)
    return end(reason_of(error));
  if (const auto problem = check_name(); !problem.empty())
    return end(problem);
  from_peer_.resize(tls_record_bytes);
  if (from_.side == basp_side::dialler) {
    if (!open_local())
      return end("no socket is to be had");
    hand_to_dialler();
  }
  read_peer();
}

std::string link_session::reason_of(const error_code& error) {
  return link_failure(error, SSL_get_verify_result(tls_.native_handle()),
                      hub_->options.files.authority);
}

std::string link_session::check_name() {
  const std::unique_ptr<X509, decltype(&X509_free)> shown{
    SSL_get1_peer_certificate(tls_.native_handle()), X509_free};
  const auto peer = shown ? config::identity_in(*shown) : std::nullopt;
  if (auto problem = hub_->problem_of(peer, from_.expected); !problem.empty())
    return problem;
  name_ = peer->node;
  return {};
}

bool link_session::open_local() {
  std::array<int, 2> ends{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0)
    return false;
  for_caf_ = unique_fd{ends[1]};
  error_code error;
  local_.assign(asio::local::stream_protocol{}, ends[0], error);
  if (error) {
    ::close(ends[0]);
    return false;
  }
  from_local_.resize(local_read_bytes);
  read_local();
  return true;
}

void link_session::hand_to_dialler() {
  ticket_ = hub_->offer(for_caf_.release());
  if (const auto done = std::exchange(from_.on_dialled, nullptr))
    done({ticket_, name_, {}});
}

/// The peer's first frame told its node id.
bool link_session::on_node_known() {
  if (const auto problem = hub_->claim(id_, gate_.node(), name_); !problem.empty()) {
    end(problem);
    return false;
  }
  is_open_ = true;
  last_heard_ = std::chrono::steady_clock::now();
  hub_->leave_lobby(id_);
  if (from_.side == basp_side::acceptor) {
    if (!hub_->admit || !open_local()) {
      end("no socket is to be had");
      return false;
    }
    hub_->admit(for_caf_.release());
  }
  watch();
  return true;
}

void link_session::read_peer() {
  tls_.async_read_some(asio::buffer(from_peer_),
                       [self = shared_from_this()](const error_code& error, std::size_t count) {
                         self->on_peer_bytes(error, count);
                       });
}

void link_session::on_peer_bytes(const error_code& error, std::size_t count) {
  if (is_closed_)
    return;
  if (error)
    return end(is_open_ && is_end(error) ? "it closed the link" : reason_of(error));
  last_heard_ = std::chrono::steady_clock::now();
  to_local_.clear();
  const auto problem = gate_.feed({from_peer_.data(), count}, to_local_);
  if (!problem.empty())
    return end(problem);
  report_dropped(gate_.dropped(), told_dropped_, "sent messages that no peer may send");
  if (!is_open_ && !gate_.node().empty() && !on_node_known())
    return;
  if (to_local_.empty())
    return read_peer();
  passed_bytes_ += to_local_.size();
  writes_local_since_ = last_heard_;
  asio::async_write(local_, asio::buffer(to_local_),
                    [self = shared_from_this()](const error_code& failure, std::size_t) {
                      if (self->is_closed_)
                        return;
                      self->writes_local_since_.reset();
                      if (failure)
                        return self->close();
                      self->read_on();
                    });
}

void link_session::read_on() {
  if (has_passed_enough())
    settle();
  else
    read_peer();
}

bool link_session::has_passed_enough() const {
  const auto& limits = hub_->options.limits;
  const auto& passed = gate_.passed_on();
  return passed.messages >= limits.unsettled_messages || passed_bytes_ >= limits.unsettled_bytes ||
         passed.actors.size() >= limits.unsettled_actors;
}

/// CAF's mailboxes have no bound: a peer that floods is read no faster than they are emptied.
void link_session::settle() {
  passed_bytes_ = 0;
  const auto passed = gate_.take_passed();
  if (!hub_->options.settle)
    return read_peer();
  is_settling_ = true;
  hub_->options.settle({passed.actors.begin(), passed.actors.end()},
                       [session = weak_from_this(), lane = hub_->lane](bool taken) {
                         lane->post([session, taken] {
                           if (const auto self = session.lock())
                             self->on_settled(taken);
                         });
                       });
}

void link_session::on_settled(bool taken) {
  if (is_closed_)
    return;
  is_settling_ = false;
  if (!taken)
    return end("it sends more than this node takes");
  last_heard_ = std::chrono::steady_clock::now();
  // Who asks and does not read the answers must not go on asking: they would wait in CAF.
  if (writes_peer_since_ && last_heard_ - *writes_peer_since_ >= slow_write)
    reads_after_write_ = true;
  else
    read_peer();
}

void link_session::read_local() {
  local_.async_read_some(asio::buffer(from_local_),
                         [self = shared_from_this()](const error_code& error, std::size_t count) {
                           self->on_local_bytes(error, count);
                         });
}

void link_session::on_local_bytes(const error_code& error, std::size_t count) {
  if (is_closed_)
    return;
  if (error)
    return close(); // CAF has left; it, or what uses it, says why
  to_peer_.clear();
  outlet_.feed({from_local_.data(), count}, to_peer_);
  gate_.set_own_node(outlet_.own_node());
  report_dropped(outlet_.dropped(), told_unsent_, "was not sent a message: it is too large");
  if (to_peer_.empty())
    return read_local();
  writes_peer_since_ = std::chrono::steady_clock::now();
  asio::async_write(tls_, asio::buffer(to_peer_),
                    [self = shared_from_this()](const error_code& failure, std::size_t) {
                      if (self->is_closed_)
                        return;
                      self->writes_peer_since_.reset();
                      if (failure)
                        return self->end(self->reason_of(failure));
                      if (std::exchange(self->reads_after_write_, false))
                        self->read_peer();
                      self->read_local();
                    });
}

/// Looks now and then whether the link is alive: the one timer of an open link.
void link_session::watch() {
  const auto& limits = hub_->options.limits;
  timer_.expires_after(std::max(std::min(limits.idle, limits.stalled) / 4, shortest_watch));
  timer_.async_wait([self = shared_from_this()](const error_code& error) {
    if (error || self->is_closed_)
      return;
    const auto& bounds = self->hub_->options.limits;
    const auto now = std::chrono::steady_clock::now();
    const auto is_over = [&](const std::optional<steady_time>& since) {
      return since && now - *since >= bounds.stalled;
    };
    if (is_over(self->writes_peer_since_) || is_over(self->writes_local_since_))
      return self->end("it takes nothing");
    const bool listens =
      !self->writes_local_since_ && !self->is_settling_ && !self->reads_after_write_;
    if (listens && now - self->last_heard_ >= bounds.idle)
      return self->end("it is silent");
    self->watch();
  });
}

void link_session::report_dropped(std::uint64_t now, std::uint64_t& seen, std::string_view what) {
  if (std::exchange(seen, now) != now)
    hub_->report("message " + name_, who() + ' ' + std::string{what});
}

std::string link_session::who() const {
  return name_.empty() ? "the peer at " + from_.address : "node " + name_ + " at " + from_.address;
}

void link_session::end(std::string_view why) {
  if (is_closed_)
    return;
  const std::string reason{why};
  if (is_open_)
    hub_->report("lost " + name_, "the link to " + who() + " was lost: " + reason);
  else if (from_.side == basp_side::acceptor)
    hub_->report("refused " + from_.address, who() + " was not let in: " + reason);
  else if (!from_.on_dialled) // else the dialler tells
    hub_->report("dial " + from_.address, "no link to " + who() + ": " + reason);
  if (const auto done = std::exchange(from_.on_dialled, nullptr))
    done({{}, name_, reason});
  close();
}

void link_session::abandon() {
  if (const auto done = std::exchange(from_.on_dialled, nullptr))
    done({{}, name_, "the node is stopping"});
  close();
}

void link_session::close() {
  if (std::exchange(is_closed_, true))
    return;
  hub_->remove(id_);
  if (!ticket_.empty())
    unique_fd{hub_->take(ticket_)};
  timer_.cancel();
  error_code ignored;
  tls_.next_layer().close(ignored);
  local_.close(ignored);
  for_caf_.reset();
  if (is_linked())
    unlink();
}

} // namespace troupe::net
