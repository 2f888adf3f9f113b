#define CAF_SUITE root_identities
#include <caf/test/bdd_dsl.hpp>

#include "actors/tool_runner/root_identities.hpp"
#include "tests/support/temp_folder.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <variant>

using namespace troupe;
using namespace troupe::tool_runner;
namespace fs = std::filesystem;

namespace {

struct fixture {
  const test::temp_folder place;
  const fs::path root = place.make_folder("above/root");

  /// Why it is refused; empty: it is not.
  static std::string refusal(const root_identity& x) {
    const auto opened = open_unchanged(x);
    const auto* problem = std::get_if<std::string>(&opened);
    return problem == nullptr ? std::string{} : *problem;
  }

  static bool is_refused(const root_identity& x, std::string_view why) {
    return refusal(x).find(why) != std::string::npos;
  }
};

constexpr std::string_view replaced = "it is not the folder any more";

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a root may change, not be replaced") {
  const auto known = identify(root.string());
  CHECK_EQ(refusal(known), "");
  place.write("above/root/file", "x");
  CHECK_EQ(refusal(known), "");
  fs::rename(root, place.path() / "above/moved");
  CHECK(is_refused(known, "does not exist"));
  fs::create_directory(root);
  CHECK(is_refused(known, replaced));
  fs::remove(root);
  fs::rename(place.path() / "above/moved", root);
  CHECK_EQ(refusal(known), "");
}

SCENARIO("no link leads to a root, be it to the same folder") {
  const auto known = identify(root.string());
  fs::rename(root, place.path() / "above/moved");
  fs::create_directory_symlink("moved", root);
  CHECK(is_refused(known, replaced));
  fs::remove(root);
  fs::rename(place.path() / "above/moved", root);
  fs::rename(place.path() / "above", place.path() / "elsewhere");
  fs::create_directory_symlink("elsewhere", place.path() / "above");
  CHECK(is_refused(known, replaced));
}

SCENARIO("a root that is given as a link is what it led to") {
  const auto link = (place.path() / "link").string();
  fs::create_directory_symlink(root, link);
  const auto known = identify(link);
  CHECK_EQ(known.given, link);
  CHECK_EQ(known.path, root.string());
  fs::remove(link);
  fs::create_directory_symlink(place.make_folder("other"), link);
  CHECK_EQ(refusal(known), "");
  CHECK_EQ(known.path, root.string());
}

SCENARIO("roots are known before a policy opens them") {
  sandbox_policy policy;
  policy.mode = sandbox_mode::read_only;
  policy.exclude_slash_tmp = true;
  const auto known = identify_roots(policy, root.string(), "");
  CHECK(find_identity(known, root.string()) != nullptr);
  CHECK(find_identity(known, "/tmp") != nullptr);
  CHECK(find_identity(known, place.path().string()) == nullptr);
}

END_FIXTURE_SCOPE()
