#define CAF_SUITE patch_interception
#include <caf/test/bdd_dsl.hpp>

#include "actors/tool_runner/patch_interception.hpp"

#include <string>
#include <vector>

using namespace troupe::tool_runner;

namespace {

using words = std::vector<std::string>;

const std::string body = "*** Begin Patch\n*** Delete File: a\n*** End Patch\n";

interception intercepted(const words& argv) {
  return intercept_patch(argv);
}

interception in_shell(const std::string& script) {
  return intercepted({"bash", "-lc", script});
}

const interception ordinary = ordinary_command{};
const interception implicit = implicit_patch{};
const interception plain = patch_call{body, std::nullopt};

interception in_folder(const std::string& folder) {
  return patch_call{body, folder};
}

} // namespace

SCENARIO("a call of the program is a patch call, whatever its argument") {
  CHECK(intercepted({"apply_patch", body}) == plain);
  CHECK(intercepted({"applypatch", body}) == plain);
  const interception nonsense = patch_call{"nonsense", std::nullopt};
  CHECK(intercepted({"apply_patch", "nonsense"}) == nonsense);
  CHECK(intercepted({"apply_patch"}) == ordinary);
  CHECK(intercepted({"apply_patch", body, "x"}) == ordinary);
  CHECK(intercepted({"/bin/apply_patch", body}) == ordinary);
}

SCENARIO("a here-document for the program is a patch call") {
  for (const auto& script :
       {"apply_patch <<EOF\n" + body + "EOF", "apply_patch <<'EOF'\n" + body + "EOF\n",
        "apply_patch <<\"EOF\"\n" + body + "EOF\n\n",
        "  apply_patch  <<  PATCH  \n" + body + "PATCH", "\napplypatch<<EOF\n" + body + "EOF"}) {
    CHECK(in_shell(script) == plain);
    CHECK(intercepted({"/usr/bin/zsh", "-c", script}) == plain);
    CHECK(intercepted({"powershell.exe", "-Command", script}) == plain);
    CHECK(intercepted({"pwsh", "-NoProfile", "-Command", script}) == plain);
    CHECK(intercepted({"cmd", "/c", script}) == plain);
  }
}

SCENARIO("a folder before the here-document is the working directory") {
  const auto tail = " && apply_patch <<'EOF'\n" + body + "EOF";
  CHECK(in_shell("cd sub/dir" + tail) == in_folder("sub/dir"));
  CHECK(in_shell("cd 'my dir'" + tail) == in_folder("my dir"));
  CHECK(in_shell("cd \"my dir\"" + tail) == in_folder("my dir"));
  CHECK(in_shell("cd   /x  &&  apply_patch <<EOF\n" + body + "EOF") == in_folder("/x"));
}

SCENARIO("scripts that do anything else are ordinary commands") {
  for (const auto& script :
       std::vector<std::string>{"ls",
                                "",
                                "apply_patch",
                                "apply_patch x <<EOF\n" + body + "EOF",
                                "apply_patch <<EOF | cat\n" + body + "EOF",
                                "apply_patch <<EOF\n" + body,
                                "apply_patch <<EOF\n" + body + "EOF\nls",
                                "apply_patch <<EOF\n" + body + " EOF",
                                "apply_patch <<\n" + body + "EOF",
                                "apply_patch <<-EOF\n" + body + "EOF\nx",
                                "apply_patch < file",
                                "ls && apply_patch <<EOF\n" + body + "EOF",
                                "cd a; apply_patch <<EOF\n" + body + "EOF",
                                "cd a || apply_patch <<EOF\n" + body + "EOF",
                                "cd a b && apply_patch <<EOF\n" + body + "EOF",
                                "cd && apply_patch <<EOF\n" + body + "EOF",
                                "cd $x && apply_patch <<EOF\n" + body + "EOF",
                                "cd \"$x\" && apply_patch <<EOF\n" + body + "EOF",
                                "cd a\\ b && apply_patch <<EOF\n" + body + "EOF",
                                "cd a && ls && apply_patch <<EOF\n" + body + "EOF",
                                "cda && apply_patch <<EOF\n" + body + "EOF",
                                "cd 'a && apply_patch <<EOF\n" + body + "EOF",
                                "apply_patches <<EOF\n" + body + "EOF"})
    CHECK(in_shell(script) == ordinary);
  CHECK(intercepted({"bash", "-x", "apply_patch <<EOF\n" + body + "EOF"}) == ordinary);
  CHECK(intercepted({"bash", "-lc", "apply_patch <<EOF\n" + body + "EOF", "x"}) == ordinary);
  CHECK(intercepted({"python", "-c", "apply_patch <<EOF\n" + body + "EOF"}) == ordinary);
  CHECK(intercepted({}) == ordinary);
}

SCENARIO("a patch without a program is refused") {
  CHECK(intercepted({body}) == implicit);
  CHECK(in_shell(body) == implicit);
  CHECK(intercepted({"nonsense"}) == ordinary);
  CHECK_EQ(implicit_patch_refusal,
           "apply_patch verification failed: patch detected without explicit call to apply_patch. "
           "Rerun as [\"apply_patch\", \"<patch>\"]");
}

SCENARIO("the warning names the tool") {
  CHECK_EQ(interception_warning("shell"),
           "Warning: apply_patch was requested via shell. Use the apply_patch tool instead of "
           "exec_command.");
}
