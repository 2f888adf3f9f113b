#include "net/link_hub.hpp"

#include "net/link_session.hpp"

#include <openssl/ssl.h>

#include <algorithm>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace troupe::net {

namespace {

using boost::system::error_code;

/// Of a certificate chain in a handshake: three with long names are 6 KiB.
constexpr long max_chain_bytes = 32 * 1024;

} // namespace

std::shared_ptr<asio::ssl::context> make_link_context(const config::tls_material& x) {
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls);
  auto* native = context->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_3_VERSION);
  SSL_CTX_set_max_proto_version(native, TLS1_3_VERSION);
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(native, 0); // every link shows its certificate
  SSL_CTX_set_max_cert_list(native, max_chain_bytes);
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_verify(native, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  error_code error;
  context->set_password_callback(
    [passphrase = x.passphrase](std::size_t, asio::ssl::context::password_purpose) {
      return passphrase.reveal();
    },
    error);
  if (!error)
    context->use_certificate_chain(asio::buffer(x.certificate), error);
  if (!error)
    context->use_private_key(asio::buffer(x.key), asio::ssl::context::pem, error);
  if (!error)
    context->add_certificate_authority(asio::buffer(x.authority), error);
  return error ? nullptr : context;
}

link_hub::link_hub(std::shared_ptr<io_lane> its_lane, link_options its_options,
                   config::tls_material material)
  : lane(std::move(its_lane)), options(std::move(its_options)), identity(material.identity),
    context_(make_link_context(material)), seen_files_(fingerprint()),
    lobby_(options.limits.lobby) {}

std::shared_ptr<asio::ssl::context> link_hub::context() {
  const auto now = std::chrono::steady_clock::now();
  if (now >= next_look_) {
    next_look_ = now + options.limits.look;
    if (auto found = fingerprint(); found != seen_files_) {
      seen_files_ = std::move(found);
      reload();
    }
  }
  return context_;
}

/// Changes when a file is written, replaced, removed or opened to others.
std::string link_hub::fingerprint() const {
  std::string result;
  for (const auto& path : {options.files.certificate, options.files.key, options.files.authority}) {
    struct stat x {};
    if (::stat(path.c_str(), &x) == 0)
      result += std::to_string(x.st_ino) + ' ' + std::to_string(x.st_size) + ' ' +
                std::to_string(x.st_mtim.tv_sec) + ' ' + std::to_string(x.st_mtim.tv_nsec) + ' ' +
                std::to_string(x.st_mode) + ' ' + std::to_string(x.st_uid);
    result += '\n';
  }
  return result;
}

void link_hub::reload() {
  auto loaded = config::load(options.files);
  if (const auto* problem = std::get_if<std::string>(&loaded))
    return report("certificates", *problem + "; the certificates read before stay in use");
  const auto& material = std::get<config::tls_material>(loaded);
  if (material.identity != identity)
    return report("certificates", options.files.certificate + ": is of another node now (" +
                                    config::to_uri(material.identity) +
                                    "); the one read before stays in use");
  if (auto made = make_link_context(material))
    context_ = std::move(made);
}

std::string link_hub::problem_of(const std::optional<config::node_identity>& peer,
                                 const std::string& expected) const {
  if (!peer)
    return "its certificate has no name of the form troupe://CLUSTER/NODE";
  if (peer->cluster != identity.cluster)
    return "it belongs to the cluster " + peer->cluster;
  if (peer->node == identity.node)
    return "it has this node's own name, " + peer->node;
  if (!expected.empty() && peer->node != expected)
    return "it is node " + peer->node + ", not " + expected;
  const auto& members = options.members;
  if (!members.empty() && std::ranges::find(members, peer->node) == members.end())
    return "node " + peer->node + " is not among the members that are let in";
  return {};
}

std::uint64_t link_hub::add(const std::shared_ptr<link_session>& x) {
  sessions_.emplace(++last_id_, x);
  return last_id_;
}

void link_hub::remove(std::uint64_t id) {
  sessions_.erase(id);
  lobby_.leave(id);
  const std::lock_guard guard{mutex_};
  for (auto at = members_.begin(); at != members_.end(); ++at)
    if (std::erase(at->second.links, id) > 0) {
      if (at->second.links.empty())
        members_.erase(at);
      return;
    }
}

void link_hub::enter_lobby(std::uint64_t id, const std::string& address) {
  const auto leaves = lobby_.enter(id, address);
  if (!leaves)
    return;
  if (const auto at = sessions_.find(*leaves); at != sessions_.end())
    if (const auto session = at->second.lock())
      session->end("too many connections that do not say who they are");
}

std::string_view link_hub::claim(std::uint64_t id, const std::string& node_id,
                                 const std::string& name) {
  // CAF takes one link of a node id: who shows another's must not keep that one out.
  const auto mark = config::node_mark({identity.cluster, name});
  if (node_id.compare(basp_mark_at, mark.size(), mark) != 0)
    return "its node id is not made of its name: it is another node's, or of another version of "
           "Troupe";
  std::optional<std::uint64_t> oldest;
  {
    const std::lock_guard guard{mutex_};
    std::vector<std::uint64_t> of_node;
    std::size_t all = 0;
    for (const auto& [key, x] : members_) {
      all += x.links.size();
      if (x.name == name)
        of_node.insert(of_node.end(), x.links.begin(), x.links.end());
    }
    if (all >= options.limits.links)
      return "there are too many links";
    if (of_node.size() >= options.limits.links_per_node)
      oldest = *std::ranges::min_element(of_node);
    auto& entry = members_[node_id];
    entry.name = name;
    entry.links.push_back(id);
  }
  if (oldest)
    if (const auto at = sessions_.find(*oldest); at != sessions_.end())
      if (const auto session = at->second.lock())
        session->end("the node has too many links");
  return {};
}

void link_hub::stop() {
  if (std::exchange(is_stopped_, true))
    return;
  if (close_listener)
    std::exchange(close_listener, nullptr)();
  for (const auto& [id, x] : std::exchange(sessions_, {}))
    if (const auto session = x.lock())
      session->abandon();
  admit = nullptr;
}

std::string link_hub::offer(int socket) {
  const std::lock_guard guard{mutex_};
  // Never one of before: CAF remembers what it was connected to.
  const auto ticket = "troupe-link-" + std::to_string(++last_id_);
  tickets_.emplace(ticket, socket);
  return ticket;
}

int link_hub::take(const std::string& ticket) {
  const std::lock_guard guard{mutex_};
  const auto found = tickets_.extract(ticket);
  return found ? found.mapped() : -1;
}

std::optional<std::string> link_hub::name_of(std::string_view node_id) const {
  const std::lock_guard guard{mutex_};
  const auto found = members_.find(node_id);
  if (found == members_.end())
    return std::nullopt;
  return found->second.name;
}

} // namespace troupe::net
