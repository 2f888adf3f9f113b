#include "config/tls_files.hpp"

#include "config/openssl_owners.hpp"
#include "config/private_key.hpp"
#include "config/text_file.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <tuple>
#include <variant>
#include <vector>

namespace troupe::config {

namespace {

/// Chains and bundles are some ten KiB; the system's whole trust store is 200 KiB.
constexpr std::size_t max_pem_bytes = 4 * 1024 * 1024;

using trust_store = std::unique_ptr<X509_STORE, freed_by<X509_STORE_free>>;
using verification = std::unique_ptr<X509_STORE_CTX, freed_by<X509_STORE_CTX_free>>;

struct problem {
  std::string text;
};

template <class T>
using result = std::variant<T, problem>;

result<std::string> read(const std::string& path, const char* what) {
  if (path.empty())
    return problem{std::string{"TLS between nodes needs a "} + what};
  auto text = read_file(path, max_pem_bytes);
  if (const auto* error = std::get_if<std::error_code>(&text))
    return problem{path + ": cannot read the " + what + ": " + error->message()};
  return std::string{without_mark(std::get<std::string>(text))};
}

bio_owner open(const std::string& pem) {
  return bio_owner{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
}

/// OpenSSL asks for a passphrase of at most `size` bytes. Without this function it would ask on the
/// terminal.
int give_passphrase(char* out, int size, int, void* data) {
  const auto& text = static_cast<const secret*>(data)->reveal();
  const auto length = std::min(text.size(), static_cast<std::size_t>(size));
  std::memcpy(out, text.data(), length);
  return static_cast<int>(length);
}

result<std::vector<certificate_owner>> parse_certificates(const std::string& pem,
                                                          const std::string& path) {
  const auto file = open(pem);
  std::vector<certificate_owner> found;
  while (auto* x = PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr))
    found.emplace_back(x);
  ERR_clear_error(); // the end of the file is an error to OpenSSL
  if (found.empty())
    return problem{path + ": there is no certificate in PEM form"};
  return found;
}

result<key_owner> parse_key(const std::string& pem, const tls_files& files) {
  const auto file = open(pem);
  auto passphrase = files.passphrase;
  key_owner key{PEM_read_bio_PrivateKey(file.get(), nullptr, give_passphrase, &passphrase)};
  ERR_clear_error();
  if (!key)
    return problem{files.key + ": there is no private key in PEM form, or its passphrase is wrong"};
  return key;
}

/// Whether the authority vouches for the first certificate, by way of the others.
std::optional<std::string> verify(const std::vector<certificate_owner>& chain,
                                  const std::vector<certificate_owner>& authority) {
  const trust_store store{X509_STORE_new()};
  for (const auto& x : authority)
    X509_STORE_add_cert(store.get(), x.get());
  const std::unique_ptr<STACK_OF(X509), void (*)(STACK_OF(X509)*)> others{
    sk_X509_new_null(), [](STACK_OF(X509) * x) { sk_X509_free(x); }};
  for (std::size_t i = 1; i < chain.size(); ++i)
    sk_X509_push(others.get(), chain[i].get());
  const verification check{X509_STORE_CTX_new()};
  X509_STORE_CTX_init(check.get(), store.get(), chain.front().get(), others.get());
  const bool is_trusted = X509_verify_cert(check.get()) == 1;
  ERR_clear_error();
  if (is_trusted)
    return std::nullopt;
  return X509_verify_cert_error_string(X509_STORE_CTX_get_error(check.get()));
}

/// What is wrong with the texts, or the certificate's name.
std::variant<node_identity, std::string> check(const tls_files& x, const tls_material& texts) {
  const auto chain = parse_certificates(texts.certificate, x.certificate);
  if (const auto* failure = std::get_if<problem>(&chain))
    return failure->text;
  const auto key = parse_key(texts.key, x);
  if (const auto* failure = std::get_if<problem>(&key))
    return failure->text;
  const auto authority = parse_certificates(texts.authority, x.authority);
  if (const auto* failure = std::get_if<problem>(&authority))
    return failure->text;
  const auto& certificates = std::get<std::vector<certificate_owner>>(chain);
  const bool matches =
    X509_check_private_key(certificates.front().get(), std::get<key_owner>(key).get()) == 1;
  ERR_clear_error();
  if (!matches)
    return x.key + ": this is not the key of the certificate in " + x.certificate;
  if (const auto why = verify(certificates, std::get<std::vector<certificate_owner>>(authority)))
    return x.certificate + ": not accepted by the authority in " + x.authority + ": " + *why;
  auto identity = identity_in(*certificates.front());
  if (!identity)
    return x.certificate +
           ": the certificate must have one name of the form troupe://CLUSTER/NODE (troupe cluster "
           "ca issue makes such ones)";
  return *std::move(identity);
}

} // namespace

tls_files files_in(const std::string& folder) {
  return {folder + "/node.pem", folder + "/node.key", {}, folder + "/ca.pem"};
}

std::variant<tls_material, std::string> load(const tls_files& x) {
  tls_material result;
  result.passphrase = x.passphrase;
  const std::tuple<const std::string&, const char*, std::string&> parts[] = {
    {x.certificate, "certificate", result.certificate},
    {x.key, "private key", result.key},
    {x.authority, "certificate authority", result.authority}};
  for (const auto& [path, what, text] : parts) {
    auto found = read(path, what);
    if (auto* failure = std::get_if<problem>(&found))
      return std::move(failure->text);
    text = std::get<std::string>(std::move(found));
  }
  if (auto exposed = exposure_of(x.key))
    return *std::move(exposed);
  auto identity = check(x, result);
  if (auto* failure = std::get_if<std::string>(&identity))
    return std::move(*failure);
  result.identity = std::get<node_identity>(std::move(identity));
  return result;
}

std::optional<std::string> problem_of(const tls_files& x) {
  auto loaded = load(x);
  if (auto* failure = std::get_if<std::string>(&loaded))
    return std::move(*failure);
  return std::nullopt;
}

} // namespace troupe::config
