#define CAF_SUITE sandbox_signs
#include <caf/test/bdd_dsl.hpp>

#include "actors/tool_runner/sandbox_signs.hpp"

#include <string>

using namespace troupe::tool_runner;

namespace {

std::string status(const std::string& capabilities, const std::string& filter) {
  return "Name:\ttroupe\nCapInh:\t0000000000000000\nCapEff:\t" + capabilities +
         "\nNoNewPrivs:\t0\nSeccomp:\t" + filter + "\nSeccomp_filters:\t1\n";
}

constexpr auto all = "000001fffeffffff";
constexpr auto of_a_container = "00000000a80425fb"; // without CAP_SYS_ADMIN
constexpr auto none = "0000000000000000";

bool promised(sandbox_signs x, bool is_root) {
  x.is_root = is_root;
  x.root_is_mount = true;
  x.has_bubblewrap = true;
  return promise_sandbox(x);
}

} // namespace

SCENARIO("root with its rights, and a user who may make namespaces, need no trial") {
  CHECK(promised(read_signs(status(all, "0"), "", "", ""), true));
  CHECK(promised(read_signs(status(none, "0"), "96365\n", "", ""), false));
  CHECK(promised(read_signs(status(none, "0"), "96365\n", "1\n", "0\n"), false));
}

SCENARIO("whatever makes a sandbox doubtful takes the promise back") {
  CHECK(!promised(read_signs(status(of_a_container, "0"), "96365\n", "", ""), true));
  CHECK(!promised(read_signs(status(all, "2"), "96365\n", "", ""), true));
  CHECK(!promised(read_signs(status(none, "2"), "96365\n", "", ""), false));
  CHECK(!promised(read_signs(status(none, "0"), "0\n", "", ""), false));
  CHECK(!promised(read_signs(status(none, "0"), "96365\n", "0\n", ""), false));
  CHECK(!promised(read_signs(status(none, "0"), "96365\n", "", "1\n"), false));
  CHECK(!promised(read_signs("", "", "", ""), true));
  CHECK(!promised(read_signs("", "", "", ""), false));
  auto x = read_signs(status(all, "0"), "", "", "");
  x.is_root = true;
  x.has_bubblewrap = true;
  CHECK(!promise_sandbox(x)); // a plain chroot
  x.root_is_mount = true;
  x.has_bubblewrap = false;
  CHECK(!promise_sandbox(x));
}

SCENARIO("nothing is promised for a bubblewrap that the user has named") {
  CHECK(!promise_sandbox(signs_of_this_machine("/opt/bwrap")));
}
