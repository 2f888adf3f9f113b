#define CAF_SUITE tls_files
#include <caf/test/bdd_dsl.hpp>

#include "config/tls_files.hpp"
#include "tests/net/test_authority.hpp"
#include "tests/support/temp_folder.hpp"

#include <fstream>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>

using namespace troupe;
using config::tls_files;

namespace {

std::string text_of(const std::string& path) {
  std::ifstream in(path);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

struct fixture {
  net::test::test_authority authority;
  test::temp_folder folder;

  tls_files good() {
    const auto files = authority.issue("URI:troupe://test/node");
    return {files.certificate, files.key, {}, authority.bundle()};
  }

  std::string write(const char* name, const std::string& text) {
    return folder.write(name, text).string();
  }

  /// The problem must name the file and contain the words.
  static void expect_problem(const tls_files& x, const std::string& file,
                             const std::string& words) {
    const auto problem = problem_of(x);
    REQUIRE(problem.has_value());
    CHECK(problem->starts_with(file));
    if (problem->find(words) == std::string::npos)
      CAF_FAIL("no '" << words << "' in: " << *problem);
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("files that belong together are usable") {
  CHECK_EQ(problem_of(good()), std::nullopt);
}

SCENARIO("a missing setting is named") {
  auto files = good();
  files.certificate.clear();
  expect_problem(files, "TLS between nodes needs a certificate", "");
  files = good();
  files.key.clear();
  expect_problem(files, "TLS between nodes needs a private key", "");
  files = good();
  files.authority.clear();
  expect_problem(files, "TLS between nodes needs a certificate authority", "");
}

SCENARIO("a file that cannot be read is named") {
  auto files = good();
  files.certificate = (folder.path() / "none.pem").string();
  expect_problem(files, files.certificate, "cannot read the certificate");
  files = good();
  files.key = folder.path().string();
  expect_problem(files, files.key, "cannot read the private key");
}

SCENARIO("a file without PEM is named") {
  auto files = good();
  files.certificate = write("empty.pem", "");
  expect_problem(files, files.certificate, "no certificate in PEM form");
  files = good();
  files.certificate = write("half.pem", text_of(files.certificate).substr(0, 200));
  expect_problem(files, files.certificate, "no certificate in PEM form");
  files = good();
  files.key = files.certificate;
  ::chmod(files.key.c_str(), 0600);
  expect_problem(files, files.key, "no private key in PEM form");
  files = good();
  files.authority = write("noise.pem", "-----BEGIN NOISE-----");
  expect_problem(files, files.authority, "no certificate in PEM form");
}

SCENARIO("a key of another certificate is noticed") {
  auto files = good();
  net::test::test_authority other;
  files.key = other.issue("URI:troupe://test/node").key;
  expect_problem(files, files.key, "not the key of the certificate");
}

SCENARIO("a certificate of another authority is noticed") {
  auto files = good();
  net::test::test_authority other;
  files.authority = other.bundle();
  expect_problem(files, files.certificate, "not accepted by the authority");
}

SCENARIO("a key that others may read, write or replace is refused, with the remedy") {
  auto files = good();
  for (const auto mode : {0640u, 0604u, 0620u, 0602u, 0666u}) {
    ::chmod(files.key.c_str(), mode);
    expect_problem(files, files.key, "chmod 600 " + files.key);
  }
  ::chmod(files.key.c_str(), 0400);
  CHECK_EQ(problem_of(files), std::nullopt);
  const auto open = folder.make_folder("open").string();
  const auto key = folder.write("open/node.key", text_of(files.key)).string();
  ::chmod(key.c_str(), 0600);
  files.key = (folder.path() / "link.key").string();
  ::symlink("open/node.key", files.key.c_str());
  for (const auto mode : {0777u, 0770u}) {
    ::chmod(open.c_str(), mode);
    expect_problem(files, files.key, "chmod go-w " + open);
  }
  ::chmod(open.c_str(), 01777);
  CHECK_EQ(problem_of(files), std::nullopt);
  if (::geteuid() != 0)
    return;
  CHECK_EQ(::chown(key.c_str(), 65534, 65534), 0);
  expect_problem(files, files.key, "this private key belongs to another user");
  CHECK_EQ(::chown(key.c_str(), 0, 0), 0);
  ::chmod(open.c_str(), 0755);
  CHECK_EQ(problem_of(files), std::nullopt);
  CHECK_EQ(::chown(open.c_str(), 65534, 65534), 0);
  expect_problem(files, files.key, "belongs to another user; move the key");
}

SCENARIO("a certificate of two nodes is none") {
  auto files = good();
  const auto two = authority.issue("URI:troupe://test/node,URI:troupe://test/other");
  files.certificate = two.certificate;
  files.key = two.key;
  expect_problem(files, files.certificate, "must have one name");
}

SCENARIO("an encrypted key needs its passphrase, and asks nobody for it") {
  auto files = good();
  const auto plain = text_of(files.key);
  const std::unique_ptr<BIO, decltype(&BIO_free)> in{
    BIO_new_mem_buf(plain.data(), static_cast<int>(plain.size())), BIO_free};
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{
    PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr), EVP_PKEY_free};
  files.key = (folder.path() / "encrypted.key").string();
  const std::unique_ptr<std::FILE, decltype(&std::fclose)> out{std::fopen(files.key.c_str(), "w"),
                                                               std::fclose};
  unsigned char passphrase[] = "open sesame";
  PEM_write_PrivateKey(out.get(), key.get(), EVP_aes_128_cbc(), passphrase, 11, nullptr, nullptr);
  std::fflush(out.get());
  ::chmod(files.key.c_str(), 0600);
  expect_problem(files, files.key, "passphrase is wrong");
  files.passphrase = config::secret{"open barley"};
  expect_problem(files, files.key, "passphrase is wrong");
  files.passphrase = config::secret{"open sesame"};
  CHECK_EQ(problem_of(files), std::nullopt);
}

END_FIXTURE_SCOPE()
