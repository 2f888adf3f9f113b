#define CAF_SUITE node_authority
#include <caf/test/bdd_dsl.hpp>

#include "config/node_authority.hpp"
#include "config/node_identity.hpp"
#include "config/tls_files.hpp"
#include "tests/support/temp_folder.hpp"

#include <sys/stat.h>

using namespace troupe;
using namespace troupe::config;

namespace {

struct fixture {
  test::temp_folder place;
  std::string ca = (place.path() / "ca").string();

  static mode_t mode_of(const std::string& path) {
    struct stat x {};
    return ::stat(path.c_str(), &x) == 0 ? x.st_mode & 07777 : 0;
  }

  static void expect_problem(const std::optional<std::string>& x, std::string_view words) {
    REQUIRE(x.has_value());
    if (x->find(words) == std::string::npos)
      CAF_FAIL("not '" << words << "': " << *x);
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("an authority and its certificates are what a node needs, and private") {
  REQUIRE_EQ(make_authority(ca, "lab", authority_lifetime), std::nullopt);
  CHECK_EQ(mode_of(ca), 0700u);
  CHECK_EQ(mode_of(ca + "/ca.key"), 0600u);
  REQUIRE_EQ(issue_certificate(ca, "left", ca + "/left", node_lifetime), std::nullopt);
  CHECK_EQ(mode_of(ca + "/left"), 0700u);
  CHECK_EQ(mode_of(ca + "/left/node.key"), 0600u);
  const auto loaded = load(files_in(ca + "/left"));
  REQUIRE(std::holds_alternative<tls_material>(loaded));
  CHECK_EQ(std::get<tls_material>(loaded).identity, (node_identity{"lab", "left"}));
  REQUIRE_EQ(issue_certificate(ca, "lab", ca + "/lab", node_lifetime), std::nullopt);
  CHECK_EQ(problem_of(files_in(ca + "/lab")), std::nullopt);
}

SCENARIO("nothing is overwritten") {
  REQUIRE_EQ(make_authority(ca, "lab", authority_lifetime), std::nullopt);
  expect_problem(make_authority(ca, "lab", authority_lifetime), "not overwritten");
  REQUIRE_EQ(issue_certificate(ca, "left", ca + "/left", node_lifetime), std::nullopt);
  expect_problem(issue_certificate(ca, "left", ca + "/left", node_lifetime), "not overwritten");
  CHECK_EQ(problem_of(files_in(ca + "/left")), std::nullopt);
}

SCENARIO("a folder that others look into gets no keys and keeps its mode") {
  const auto open = (place.path() / "open").string();
  ::mkdir(open.c_str(), 0755);
  ::chmod(open.c_str(), 0755);
  expect_problem(make_authority(open, "lab", authority_lifetime), "others can look into");
  CHECK_EQ(mode_of(open), 0755u);
  CHECK_EQ(mode_of(open + "/ca.key"), 0u);
}

SCENARIO("an authority whose key others may read makes no members") {
  REQUIRE_EQ(make_authority(ca, "lab", authority_lifetime), std::nullopt);
  ::chmod((ca + "/ca.key").c_str(), 0644);
  expect_problem(issue_certificate(ca, "left", ca + "/left", node_lifetime), "chmod 600");
  CHECK_EQ(mode_of(ca + "/left"), 0u);
}

SCENARIO("names are names") {
  expect_problem(make_authority(ca, "", authority_lifetime), "no cluster's name");
  expect_problem(make_authority(ca, "a/b", authority_lifetime), "no cluster's name");
  expect_problem(issue_certificate(ca, "left", ca + "/left", node_lifetime),
                 "troupe cluster ca init");
  REQUIRE_EQ(make_authority(ca, "lab", authority_lifetime), std::nullopt);
  for (const auto* name : {"", "..", "../x", "a b", "-x", "a,URI:troupe://lab/b"})
    expect_problem(issue_certificate(ca, name, ca + "/x", node_lifetime), "no node's name");
}

SCENARIO("a name in a certificate is read as it is written, or not at all") {
  CHECK_EQ(parse_node_uri("troupe://lab/left"), (node_identity{"lab", "left"}));
  CHECK_EQ(to_uri({"lab", "left"}), "troupe://lab/left");
  for (const auto* text : {"", "troupe://lab", "troupe://lab/", "troupe:///left", "http://lab/left",
                           "troupe://lab/left/more", "troupe://lab/.left", "troupe://la b/left"})
    CHECK_EQ(parse_node_uri(text), std::nullopt);
}

END_FIXTURE_SCOPE()
