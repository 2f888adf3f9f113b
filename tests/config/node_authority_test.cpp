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

  static void expect_problem(const std::variant<issued_certificate, std::string>& x,
                             std::string_view words) {
    REQUIRE(std::holds_alternative<std::string>(x));
    expect_problem(std::optional{std::get<std::string>(x)}, words);
  }

  static issued_certificate issued(const std::string& folder, const std::string& node,
                                   std::chrono::days lifetime = node_lifetime) {
    auto made = issue_certificate(folder, node, folder + '/' + node, lifetime);
    if (const auto* problem = std::get_if<std::string>(&made))
      CAF_FAIL("not issued: " << *problem);
    return std::get<issued_certificate>(std::move(made));
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
  issued(ca, "left");
  CHECK_EQ(mode_of(ca + "/left"), 0700u);
  CHECK_EQ(mode_of(ca + "/left/node.key"), 0600u);
  const auto loaded = load(files_in(ca + "/left"));
  REQUIRE(std::holds_alternative<tls_material>(loaded));
  CHECK_EQ(std::get<tls_material>(loaded).identity, (node_identity{"lab", "left"}));
  issued(ca, "lab");
  CHECK_EQ(problem_of(files_in(ca + "/lab")), std::nullopt);
}

SCENARIO("nothing is overwritten") {
  REQUIRE_EQ(make_authority(ca, "lab", authority_lifetime), std::nullopt);
  expect_problem(make_authority(ca, "lab", authority_lifetime), "not overwritten");
  issued(ca, "left");
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

SCENARIO("a certificate ends with its authority at the latest, and says so") {
  REQUIRE_EQ(make_authority(ca, "lab", std::chrono::days{30}), std::nullopt);
  const auto whole = issued(ca, "short", std::chrono::days{29});
  CHECK(!whole.is_cut);
  const auto cut = issued(ca, "long", std::chrono::days{31});
  CHECK(cut.is_cut);
  CHECK_EQ(cut.last_day.size(), std::string_view{"2036-12-01"}.size());
  CHECK(whole.last_day < cut.last_day);
  const auto old = (place.path() / "old").string();
  REQUIRE_EQ(make_authority(old, "lab", std::chrono::days{0}), std::nullopt);
  expect_problem(issue_certificate(old, "left", old + "/left", node_lifetime),
                 "this authority has ended");
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

SCENARIO("the mark of a node is the beginning of its name's hash") {
  constexpr unsigned char expected[] = {0xE4, 0xB0, 0x59, 0xDE, 0x3A, 0x09,
                                        0x70, 0xBE, 0x48, 0x60, 0x58, 0x9B};
  CHECK_EQ(node_mark({"lab", "left"}), std::string(std::begin(expected), std::end(expected)));
  CHECK_NE(node_mark({"lab", "left"}), node_mark({"lab", "right"}));
  CHECK_NE(node_mark({"lab", "left"}), node_mark({"other", "left"}));
}

SCENARIO("a name in a certificate is read as it is written, or not at all") {
  CHECK_EQ(parse_node_uri("troupe://lab/left"), (node_identity{"lab", "left"}));
  CHECK_EQ(to_uri({"lab", "left"}), "troupe://lab/left");
  for (const auto* text : {"", "troupe://lab", "troupe://lab/", "troupe:///left", "http://lab/left",
                           "troupe://lab/left/more", "troupe://lab/.left", "troupe://la b/left"})
    CHECK_EQ(parse_node_uri(text), std::nullopt);
  const std::string longest(64, 'n');
  CHECK_EQ(parse_node_uri("troupe://lab/" + longest), (node_identity{"lab", longest}));
  CHECK_EQ(parse_node_uri("troupe://lab/n" + longest), std::nullopt);
  CHECK_EQ(parse_node_uri("troupe://l" + longest + "/left"), std::nullopt);
}

END_FIXTURE_SCOPE()
