#include "config/tls_files.hpp"

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
#include <variant>
#include <vector>

namespace troupe::config {

namespace {

/// Chains and bundles are some ten KiB; the system's whole trust store is 200 KiB.
constexpr std::size_t max_pem_bytes = 4 * 1024 * 1024;

template <auto Free>
struct deleter {
  template <class T>
  void operator()(T* x) const {
    Free(x);
  }
};

using bio = std::unique_ptr<BIO, deleter<BIO_free>>;
using certificate = std::unique_ptr<X509, deleter<X509_free>>;
using private_key = std::unique_ptr<EVP_PKEY, deleter<EVP_PKEY_free>>;
using trust_store = std::unique_ptr<X509_STORE, deleter<X509_STORE_free>>;
using verification = std::unique_ptr<X509_STORE_CTX, deleter<X509_STORE_CTX_free>>;

struct problem {
  std::string text;
};

template <class T>
using result = std::variant<T, problem>;

result<bio> open(const std::string& path, const char* what) {
  if (path.empty())
    return problem{std::string{"TLS between nodes needs a "} + what};
  const auto text = read_file(path, max_pem_bytes);
  if (const auto* error = std::get_if<std::error_code>(&text))
    return problem{path + ": cannot read the " + what + ": " + error->message()};
  const auto pem = without_mark(std::get<std::string>(text));
  bio copy{BIO_new(BIO_s_mem())};
  BIO_write(copy.get(), pem.data(), static_cast<int>(pem.size()));
  return copy;
}

/// OpenSSL asks for a passphrase of at most `size` bytes. Without this function it would ask on the
/// terminal.
int give_passphrase(char* out, int size, int, void* data) {
  const auto& text = static_cast<const secret*>(data)->reveal();
  const auto length = std::min(text.size(), static_cast<std::size_t>(size));
  std::memcpy(out, text.data(), length);
  return static_cast<int>(length);
}

result<std::vector<certificate>> read_certificates(const std::string& path, const char* what) {
  auto file = open(path, what);
  if (auto* x = std::get_if<problem>(&file))
    return std::move(*x);
  std::vector<certificate> found;
  while (auto* x = PEM_read_bio_X509(std::get<bio>(file).get(), nullptr, nullptr, nullptr))
    found.emplace_back(x);
  ERR_clear_error(); // the end of the file is an error to OpenSSL
  if (found.empty())
    return problem{path + ": there is no certificate in PEM form"};
  return found;
}

result<private_key> read_key(const tls_files& files) {
  auto file = open(files.key, "private key");
  if (auto* x = std::get_if<problem>(&file))
    return std::move(*x);
  auto passphrase = files.passphrase;
  private_key key{
    PEM_read_bio_PrivateKey(std::get<bio>(file).get(), nullptr, give_passphrase, &passphrase)};
  ERR_clear_error();
  if (!key)
    return problem{files.key + ": there is no private key in PEM form, or its passphrase is wrong"};
  return key;
}

/// Whether the authority vouches for the first certificate, by way of the others.
std::optional<std::string> verify(const std::vector<certificate>& chain,
                                  const std::vector<certificate>& authority) {
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

} // namespace

std::optional<std::string> problem_of(const tls_files& x) {
  const auto chain = read_certificates(x.certificate, "certificate");
  if (const auto* failure = std::get_if<problem>(&chain))
    return failure->text;
  const auto key = read_key(x);
  if (const auto* failure = std::get_if<problem>(&key))
    return failure->text;
  const auto authority = read_certificates(x.authority, "certificate authority");
  if (const auto* failure = std::get_if<problem>(&authority))
    return failure->text;
  const auto& certificates = std::get<std::vector<certificate>>(chain);
  const bool matches =
    X509_check_private_key(certificates.front().get(), std::get<private_key>(key).get()) == 1;
  ERR_clear_error();
  if (!matches)
    return x.key + ": this is not the key of the certificate in " + x.certificate;
  if (const auto why = verify(certificates, std::get<std::vector<certificate>>(authority)))
    return x.certificate + ": not accepted by the authority in " + x.authority + ": " + *why;
  return std::nullopt;
}

} // namespace troupe::config
