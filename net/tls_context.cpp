#include "net/tls_context.hpp"

#include <boost/asio/ip/address.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <string_view>

namespace troupe::net {

namespace ssl = boost::asio::ssl;

using boost::system::error_code;

namespace {

std::unique_ptr<ssl::context> modern_context(ssl::context::method method) {
  auto context = std::make_unique<ssl::context>(method);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  // Idle connections give their TLS buffers (34 KiB) back.
  SSL_CTX_set_mode(context->native_handle(), SSL_MODE_RELEASE_BUFFERS);
  return context;
}

// Certificates are looked up in a directory by the hash of their name, in files called <hash>.0.
bool is_hashed(const std::filesystem::path& directory) {
  std::error_code error;
  const auto entries = std::filesystem::directory_iterator{directory, error};
  return !error &&
         std::ranges::any_of(entries, [](const auto& x) { return x.path().extension() == ".0"; });
}

// The directory where there is one: OpenSSL reads from it what a server's chain needs, while
// parsing the bundle of all authorities takes 25 ms before the first connection.
void trust_the_system(ssl::context& context) {
  const char* chosen = std::getenv(X509_get_default_cert_dir_env());
  const std::string directory = chosen != nullptr ? chosen : X509_get_default_cert_dir();
  error_code ignored; // no authorities: handshakes fail, and say why
  if (is_hashed(directory))
    context.add_verify_path(directory, ignored);
  else
    context.load_verify_file(X509_get_default_cert_file(), ignored);
}

bool is_address(const std::string& host) {
  error_code error;
  boost::asio::ip::make_address(host, error);
  return !error;
}

} // namespace

tls_client_options tls_client_options::from_environment() {
  tls_client_options result;
  for (const char* name : {"CODEX_CA_CERTIFICATE", "SSL_CERT_FILE"}) {
    const char* file = std::getenv(name);
    if (result.ca_file.empty() && file != nullptr &&
        std::string_view{file}.find_first_not_of(" \t") != std::string_view::npos)
      result.ca_file = file;
  }
  return result;
}

tls_context_result make_client_context(const tls_client_options& options) {
  auto context = modern_context(ssl::context::tls_client);
  if (options.verify == tls_client_options::verification::on) {
    error_code error;
    trust_the_system(*context);
    if (!options.ca_file.empty())
      context->load_verify_file(options.ca_file, error);
    if (error)
      return {nullptr, "cannot read the certificate bundle " + options.ca_file};
    SSL_CTX_set_verify(context->native_handle(), SSL_VERIFY_PEER, nullptr);
  }
  constexpr unsigned char only_http1[] = "\x08http/1.1";
  SSL_CTX_set_alpn_protos(context->native_handle(), only_http1, std::size(only_http1) - 1);
  return {std::move(context), {}};
}

tls_context_result make_server_context(const tls_server_options& options) {
  auto context = modern_context(ssl::context::tls_server);
  error_code error;
  context->use_certificate_chain_file(options.certificate_file, error);
  if (error)
    return {nullptr,
            "cannot use the certificate " + options.certificate_file + ": " + error.message()};
  context->use_private_key_file(options.key_file, ssl::context::pem, error);
  if (error)
    return {nullptr, "cannot use the key " + options.key_file + ": " + error.message()};
  return {std::move(context), {}};
}

bool expect_host(SSL* connection, const std::string& host,
                 tls_client_options::verification verify) {
  const bool numeric = is_address(host);
  // SSL_set_tlsext_host_name is a macro with an old-style cast; this is what it expands to.
  std::string name = host;
  if (!numeric && SSL_ctrl(connection, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                           name.data()) != 1)
    return false;
  if (verify == tls_client_options::verification::off)
    return true;
  if (numeric)
    return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(connection), host.c_str()) == 1;
  SSL_set_hostflags(connection, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return SSL_set1_host(connection, host.c_str()) == 1;
}

std::string handshake_failure(SSL* connection, const error_code& error) {
  const auto verdict = SSL_get_verify_result(connection);
  if (verdict == X509_V_OK)
    return error.message();
  std::string result = X509_verify_cert_error_string(verdict);
  switch (verdict) {
  case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
  case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
  case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
  case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    return result + "; to trust whoever has signed it, name a PEM file of theirs in SSL_CERT_FILE";
  case X509_V_ERR_HOSTNAME_MISMATCH:
  case X509_V_ERR_IP_ADDRESS_MISMATCH:
    return result + "; the certificate has been made for another host";
  default: return result;
  }
}

} // namespace troupe::net
