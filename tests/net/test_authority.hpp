#pragma once

// A certificate authority that lives for one test: keys and certificates are made here, nothing is
// stored in the repository and nothing expires.

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

namespace troupe::net::test {

class test_authority {
public:
  struct files {
    std::string certificate;
    std::string key;
  };

  test_authority()
    : folder_(std::filesystem::temp_directory_path() /
              ("troupe-ca-" + std::to_string(::getpid()) + "-" + std::to_string(count()++))),
      key_(new_key()), certificate_(X509_new(), X509_free) {
    std::filesystem::create_directories(folder_);
    fill(certificate_.get(), "test authority", key_.get());
    add(certificate_.get(), NID_basic_constraints, "critical,CA:TRUE");
    add(certificate_.get(), NID_subject_key_identifier, "hash");
    sign(certificate_.get());
    write(bundle(), certificate_.get());
  }
  test_authority(const test_authority&) = delete;
  test_authority& operator=(const test_authority&) = delete;
  ~test_authority() { std::filesystem::remove_all(folder_); }

  /// What a client must trust.
  std::string bundle() const { return folder_ / "ca.pem"; }

  /// `name`: "DNS:localhost", "IP:127.0.0.1" or "URI:troupe://test/node". `ends`: seconds from now.
  files issue(const std::string& name, long ends = 3600) {
    const auto key = new_key();
    const std::unique_ptr<X509, decltype(&X509_free)> certificate{X509_new(), X509_free};
    fill(certificate.get(), "server", key.get());
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), ends);
    add(certificate.get(), NID_subject_alt_name, name.c_str());
    add(certificate.get(), NID_authority_key_identifier, "keyid"); // all are of one name
    sign(certificate.get());
    const auto number = std::to_string(serial_);
    const files result{folder_ / ("server-" + number + ".pem"),
                       folder_ / ("server-" + number + ".key")};
    write(result.certificate, certificate.get());
    write(result.key, key.get());
    return result;
  }

private:
  using key_ptr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
  using file_ptr = std::unique_ptr<std::FILE, decltype(&std::fclose)>;

  static int& count() {
    static int value = 0;
    return value;
  }

  static key_ptr new_key() { return {EVP_EC_gen("P-256"), EVP_PKEY_free}; }

  void fill(X509* x, const char* name, EVP_PKEY* key) {
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial_);
    X509_gmtime_adj(X509_getm_notBefore(x), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x), 3600);
    X509_set_pubkey(x, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
    X509_set_issuer_name(x, X509_get_subject_name(certificate_.get()));
  }

  void add(X509* x, int kind, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, certificate_.get(), x, nullptr, nullptr, 0);
    const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension{
      X509V3_EXT_conf_nid(nullptr, &context, kind, value), X509_EXTENSION_free};
    X509_add_ext(x, extension.get(), -1);
  }

  void sign(X509* x) {
    if (X509_sign(x, key_.get(), EVP_sha256()) == 0)
      throw std::runtime_error{"cannot sign"};
  }

  static void write(const std::string& path, X509* x) {
    const file_ptr file{std::fopen(path.c_str(), "w"), std::fclose};
    PEM_write_X509(file.get(), x);
  }

  static void write(const std::string& path, EVP_PKEY* x) {
    const file_ptr file{std::fopen(path.c_str(), "w"), std::fclose};
    ::fchmod(::fileno(file.get()), 0600);
    PEM_write_PrivateKey(file.get(), x, nullptr, nullptr, 0, nullptr, nullptr);
  }

  std::filesystem::path folder_;
  int serial_ = 0;
  key_ptr key_;
  std::unique_ptr<X509, decltype(&X509_free)> certificate_;
};

} // namespace troupe::net::test
