#include "actors/event_relay/link_middleman_actor.hpp"

#include "messages/interfaces.hpp"
#include "net/unique_fd.hpp"

#include <caf/actor_system.hpp>
#include <caf/binary_serializer.hpp>
#include <caf/byte_buffer.hpp>
#include <caf/io/basp_broker.hpp>
#include <caf/io/doorman.hpp>
#include <caf/io/middleman.hpp>
#include <caf/io/middleman_actor_impl.hpp>
#include <caf/io/network/multiplexer.hpp>
#include <caf/io/network/native_socket.hpp>
#include <caf/io/scribe.hpp>
#include <caf/scoped_actor.hpp>

#include <algorithm>
#include <set>
#include <sys/eventfd.h>
#include <utility>

namespace troupe::event_relay {

namespace {

template <class... Types>
std::vector<std::uint16_t> ids_of() {
  std::vector<std::uint16_t> result{caf::type_id_v<Types>...};
  std::ranges::sort(result);
  return result;
}

std::string bytes_of(caf::actor_system& sys, const caf::node_id& x) {
  caf::byte_buffer buffer;
  caf::binary_serializer sink{sys, buffer};
  if (!sink.apply(x))
    return {};
  std::string result(buffer.size(), '\0');
  std::ranges::transform(buffer, result.begin(), [](auto b) { return static_cast<char>(b); });
  return result;
}

/// Puts the node's mark into its id, which all its actors share: what CAF made up is of this start,
/// and stays behind the mark. Before the first link; nobody looks into the own id until then.
void mark_node(caf::actor_system& sys, const config::node_identity& name) {
  auto own = sys.node();
  auto& id = caf::get<caf::hashed_node_id>(own->content);
  std::ranges::copy(config::node_mark(name), id.host.begin());
}

} // namespace

net::basp_rules peer_rules() {
  net::basp_rules result;
  result.types =
    ids_of<hello, hello_reply, follow, following, relay_credit, relay_cut, thread_created,
           thread_closed, get_thread_manager, thread_door_actor, start_thread, thread_started,
           thread_status_request, thread_summary, submit_to_thread, submitted, subscribe_events,
           unsubscribe_events, event_credit, event_batch, events_lagged, remove_thread>();
  result.text_type = caf::type_id_v<std::string>;
  result.error_type = caf::type_id_v<caf::error>;
  return result;
}

/// Where accepted links enter the broker. Has no socket of its own to listen on: an event
/// descriptor that nothing writes to makes its handle unique.
class cluster_port::door : public caf::io::doorman {
public:
  door(caf::io::network::multiplexer& loop, net::unique_fd id, std::uint16_t port)
    : caf::io::doorman(
        caf::io::accept_handle::from_int(caf::io::network::int64_from_native_socket(id.get()))),
      loop_(loop), id_(std::move(id)), port_(port) {}

  /// In the event loop. Takes the socket.
  void admit(int socket) {
    if (detached()) { // the broker has ended
      caf::io::network::close_socket(socket);
      return;
    }
    auto link = loop_.new_scribe(socket);
    const auto handle = link->hdl();
    parent()->add_scribe(std::move(link));
    caf::io::doorman::new_connection(&loop_, handle);
  }

  bool new_connection() override { return false; }
  void launch() override {}
  void graceful_shutdown() override { detach(&loop_, false); }
  void add_to_loop() override {}
  void remove_from_loop() override {}
  std::string addr() const override { return {}; }
  std::uint16_t port() const override { return port_; }

private:
  caf::io::network::multiplexer& loop_;
  net::unique_fd id_;
  std::uint16_t port_;
};

struct cluster_port::shared {
  std::shared_ptr<net::node_links> links;
  caf::intrusive_ptr<door> made; // by the middleman actor, for `publish`
};

class cluster_port::middleman : public caf::io::middleman_actor_impl {
public:
  middleman(caf::actor_config& cfg, caf::actor broker, std::shared_ptr<shared> x)
    : caf::io::middleman_actor_impl(cfg, std::move(broker)), shared_(std::move(x)) {}

  const char* name() const override { return "link-middleman"; }

protected:
  /// `host` is a ticket: the link stands already.
  caf::expected<caf::io::scribe_ptr> connect(const std::string& host, std::uint16_t) override {
    const int socket = shared_->links->take(host);
    if (socket < 0)
      return caf::make_error(caf::sec::cannot_connect_to_node, "the link has ended");
    return loop().new_scribe(socket);
  }

  caf::expected<caf::io::doorman_ptr> open(std::uint16_t port, const char*, bool) override {
    net::unique_fd id{::eventfd(0, EFD_CLOEXEC)};
    if (!id)
      return caf::make_error(caf::sec::cannot_open_port, "no descriptor is left");
    shared_->made = caf::make_counted<door>(loop(), std::move(id), port);
    return caf::io::doorman_ptr{shared_->made.get()};
  }

private:
  caf::io::network::multiplexer& loop() { return system().middleman().backend(); }

  std::shared_ptr<shared> shared_;
};

cluster_port::cluster_port(caf::actor_system& sys, std::unique_ptr<net::node_links> links)
  : sys_(sys), links_(std::move(links)), shared_(std::make_shared<shared>(links_, nullptr)),
    middleman_(caf::actor_cast<caf::io::middleman_actor>(sys.spawn<middleman, caf::hidden>(
      sys.middleman().named_broker<caf::io::basp_broker>("BASP"), shared_))) {
  mark_node(sys, links_->identity());
}

cluster_port::~cluster_port() {
  stop();
}

caf::io::middleman_actor cluster_port::dialler() const {
  return middleman_;
}

link_dial cluster_port::dial() const {
  return [links = links_](const add_peer& peer, std::function<void(net::dialled_link)> done) {
    links->dial(peer.host, peer.port, peer.node, std::move(done));
  };
}

name_lookup cluster_port::name_of() const {
  return [links = links_, &sys = sys_](const caf::node_id& x) {
    return links->name_of(bytes_of(sys, x));
  };
}

std::variant<std::uint16_t, std::string>
cluster_port::publish(const caf::actor& relay, const std::string& host, std::uint16_t port) {
  auto bound = links_->listen(host, port);
  if (std::holds_alternative<std::string>(bound))
    return bound;
  {
    caf::scoped_actor self{sys_};
    self
      ->request(middleman_, caf::infinite, caf::publish_atom_v, std::get<std::uint16_t>(bound),
                caf::actor_cast<caf::strong_actor_ptr>(relay), std::set<std::string>{},
                std::string{}, false)
      .receive([](std::uint16_t) {}, [&](const caf::error& x) { bound = to_string(x); });
  }
  if (std::holds_alternative<std::uint16_t>(bound))
    links_->accept([&loop = sys_.middleman().backend(), entrance = shared_->made](int socket) {
      loop.post([entrance, socket] { entrance->admit(socket); });
    });
  return bound;
}

void cluster_port::stop() {
  if (!middleman_)
    return;
  links_->stop();
  shared_->made = nullptr;
  caf::scoped_actor self{sys_};
  self->send_exit(middleman_, caf::exit_reason::kill);
  self->wait_for(middleman_);
  middleman_ = nullptr;
}

} // namespace troupe::event_relay
