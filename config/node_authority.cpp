#include "config/node_authority.hpp"

#include "config/node_identity.hpp"
#include "config/openssl_owners.hpp"
#include "config/private_key.hpp"
#include "config/text_file.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <array>
#include <cerrno>
#include <ctime>
#include <fcntl.h>
#include <memory>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <variant>

namespace troupe::config {

namespace {

constexpr std::size_t max_authority_bytes = 64 * 1024;
/// Clocks of machines differ a little.
constexpr std::chrono::minutes backdating{5};

using extension_owner = std::unique_ptr<X509_EXTENSION, freed_by<X509_EXTENSION_free>>;

struct authority {
  certificate_owner own;
  key_owner key;
  std::string pem;
  std::string cluster;
};

std::string failure(const std::string& path) {
  return path + ": " + std::error_code{errno, std::generic_category()}.message();
}

bool add(X509* x, X509* issuer, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, x, nullptr, nullptr, 0);
  const extension_owner made{X509V3_EXT_conf_nid(nullptr, &context, kind, value)};
  return made && X509_add_ext(x, made.get(), -1) == 1;
}

bool set_serial(X509* x) {
  std::array<unsigned char, 16> bytes;
  if (RAND_bytes(bytes.data(), bytes.size()) != 1)
    return false;
  bytes[0] &= 0x7F; // positive
  const std::unique_ptr<BIGNUM, freed_by<BN_free>> number{
    BN_bin2bn(bytes.data(), bytes.size(), nullptr)};
  return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(x));
}

/// Everything but extensions and signature.
certificate_owner draft(const std::string& name, EVP_PKEY* key, std::chrono::days lifetime) {
  certificate_owner x{X509_new()};
  const auto seconds = [](auto t) {
    return static_cast<long>(std::chrono::duration_cast<std::chrono::seconds>(t).count());
  };
  const bool good =
    x && X509_set_version(x.get(), 2) == 1 && set_serial(x.get()) &&
    X509_gmtime_adj(X509_getm_notBefore(x.get()), -seconds(backdating)) &&
    X509_time_adj_ex(X509_getm_notAfter(x.get()), static_cast<int>(lifetime.count()), 0, nullptr) &&
    X509_set_pubkey(x.get(), key) == 1 &&
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x.get()), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1,
                               0) == 1;
  return good ? std::move(x) : nullptr;
}

std::string day_of(const ASN1_TIME* x) {
  std::tm found{};
  if (ASN1_TIME_to_tm(x, &found) != 1)
    return {};
  std::array<char, 16> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d", &found)};
}

std::string text_of(const bio_owner& x) {
  char* data = nullptr;
  const auto length = BIO_get_mem_data(x.get(), &data);
  return {data, static_cast<std::size_t>(length)};
}

std::string pem_of(X509* x) {
  const bio_owner out{BIO_new(BIO_s_mem())};
  PEM_write_bio_X509(out.get(), x);
  return text_of(out);
}

std::string pem_of(EVP_PKEY* x) {
  const bio_owner out{BIO_new(BIO_s_mem())};
  PEM_write_bio_PKCS8PrivateKey(out.get(), x, nullptr, nullptr, 0, nullptr, nullptr);
  return text_of(out);
}

/// A new file, never one that was there or that a link points to.
std::optional<std::string> write_new(const std::string& path, std::string_view text, mode_t mode) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
  if (file < 0)
    return errno == EEXIST ? path + " exists already and is not overwritten" : failure(path);
  bool good = ::fchmod(file, mode) == 0;
  while (good && !text.empty()) {
    const auto count = ::write(file, text.data(), text.size());
    good = count > 0;
    text.remove_prefix(good ? static_cast<std::size_t>(count) : 0);
  }
  good = good && ::fsync(file) == 0;
  const auto problem = good ? std::string{} : failure(path);
  ::close(file);
  if (good)
    return std::nullopt;
  ::unlink(path.c_str());
  return problem;
}

/// A folder that only its owner can look into. One that is there is taken as it is, or refused.
std::optional<std::string> make_folder(const std::string& path) {
  for (auto slash = path.find('/', 1); slash != std::string::npos;
       slash = path.find('/', slash + 1))
    ::mkdir(path.substr(0, slash).c_str(), 0700);
  if (::mkdir(path.c_str(), 0700) == 0)
    return std::nullopt;
  if (errno != EEXIST)
    return failure(path);
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0 || !S_ISDIR(found.st_mode))
    return path + ": is no folder";
  if (found.st_uid != ::geteuid() || (found.st_mode & 077) != 0)
    return path + ": others can look into this folder; name a new one, or: chmod 700 " + path;
  return std::nullopt;
}

std::variant<authority, std::string> open_authority(const std::string& folder) {
  const auto key_path = folder + "/ca.key";
  const auto own_path = folder + "/ca.pem";
  authority result;
  const auto own = read_text_file(own_path, max_authority_bytes);
  const auto key = read_text_file(key_path, max_authority_bytes);
  for (const auto& [text, path] : {std::pair{&own, &own_path}, {&key, &key_path}})
    if (const auto* error = std::get_if<std::error_code>(text))
      return *path + ": " + error->message() +
             "; make the authority with: troupe cluster ca init " + folder;
  if (auto exposed = exposure_of(key_path))
    return *std::move(exposed);
  result.pem = std::get<std::string>(own);
  const auto& key_pem = std::get<std::string>(key);
  const bio_owner own_file{BIO_new_mem_buf(result.pem.data(), static_cast<int>(result.pem.size()))};
  const bio_owner key_file{BIO_new_mem_buf(key_pem.data(), static_cast<int>(key_pem.size()))};
  result.own.reset(PEM_read_bio_X509(own_file.get(), nullptr, nullptr, nullptr));
  char no_passphrase[] = "";
  result.key.reset(PEM_read_bio_PrivateKey(key_file.get(), nullptr, nullptr, no_passphrase));
  ERR_clear_error();
  if (!result.own || !result.key || X509_check_private_key(result.own.get(), result.key.get()) != 1)
    return folder + ": ca.pem and ca.key are not an authority's certificate and its key";
  std::array<char, 128> name{};
  X509_NAME_get_text_by_NID(X509_get_subject_name(result.own.get()), NID_commonName, name.data(),
                            name.size());
  result.cluster = name.data();
  if (!is_node_name(result.cluster))
    return own_path + ": its subject is no cluster's name";
  return result;
}

} // namespace

std::optional<std::string> make_authority(const std::string& folder, const std::string& cluster,
                                          std::chrono::days lifetime) {
  if (!is_node_name(cluster))
    return "'" + cluster + "' is no cluster's name: letters, digits, '-', '_', '.', at most 64";
  const key_owner key{EVP_EC_gen("P-256")};
  const auto own = key ? draft(cluster, key.get(), lifetime) : nullptr;
  // A node may have the cluster's name, but never the authority's subject.
  const unsigned char unit[] = "troupe cluster authority";
  const bool good =
    own &&
    X509_NAME_add_entry_by_txt(X509_get_subject_name(own.get()), "OU", MBSTRING_ASC, unit, -1, -1,
                               0) == 1 &&
    X509_set_issuer_name(own.get(), X509_get_subject_name(own.get())) == 1 &&
    add(own.get(), own.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
    add(own.get(), own.get(), NID_key_usage, "critical,keyCertSign,cRLSign") &&
    add(own.get(), own.get(), NID_subject_key_identifier, "hash") &&
    X509_sign(own.get(), key.get(), EVP_sha256()) > 0;
  if (!good)
    return "OpenSSL cannot make a certificate";
  if (auto problem = make_folder(folder))
    return problem;
  if (auto problem = write_new(folder + "/ca.key", pem_of(key.get()), 0600))
    return problem;
  return write_new(folder + "/ca.pem", pem_of(own.get()), 0644);
}

std::variant<issued_certificate, std::string> issue_certificate(const std::string& folder,
                                                                const std::string& node,
                                                                const std::string& out,
                                                                std::chrono::days lifetime) {
  if (!is_node_name(node))
    return "'" + node + "' is no node's name: letters, digits, '-', '_', '.', at most 64";
  auto opened = open_authority(folder);
  if (auto* problem = std::get_if<std::string>(&opened))
    return std::move(*problem);
  const auto& by = std::get<authority>(opened);
  const key_owner key{EVP_EC_gen("P-256")};
  const auto made = key ? draft(node, key.get(), lifetime) : nullptr;
  const auto* end = X509_get0_notAfter(by.own.get());
  if (X509_cmp_current_time(end) <= 0)
    return folder + ": this authority has ended; make a new one: troupe cluster ca init DIR";
  const bool is_cut = made && ASN1_TIME_compare(X509_get0_notAfter(made.get()), end) > 0;
  if (is_cut)
    X509_set1_notAfter(made.get(), end);
  const auto name = "URI:" + to_uri({by.cluster, node});
  const bool good = made &&
                    X509_set_issuer_name(made.get(), X509_get_subject_name(by.own.get())) == 1 &&
                    add(made.get(), by.own.get(), NID_basic_constraints, "critical,CA:FALSE") &&
                    add(made.get(), by.own.get(), NID_key_usage, "critical,digitalSignature") &&
                    add(made.get(), by.own.get(), NID_ext_key_usage, "serverAuth,clientAuth") &&
                    add(made.get(), by.own.get(), NID_subject_key_identifier, "hash") &&
                    add(made.get(), by.own.get(), NID_authority_key_identifier, "keyid") &&
                    add(made.get(), by.own.get(), NID_subject_alt_name, name.c_str()) &&
                    X509_sign(made.get(), by.key.get(), EVP_sha256()) > 0;
  if (!good)
    return "OpenSSL cannot make a certificate";
  auto problem = make_folder(out);
  if (!problem)
    problem = write_new(out + "/node.key", pem_of(key.get()), 0600);
  if (!problem)
    problem = write_new(out + "/node.pem", pem_of(made.get()), 0644);
  if (!problem)
    problem = write_new(out + "/ca.pem", by.pem, 0644);
  if (problem)
    return *std::move(problem);
  return issued_certificate{day_of(X509_get0_notAfter(made.get())), is_cut};
}

} // namespace troupe::config
