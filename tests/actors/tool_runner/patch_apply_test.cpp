#define CAF_SUITE patch_apply
#include <caf/test/bdd_dsl.hpp>

#include "actors/tool_runner/file_view.hpp"
#include "actors/tool_runner/file_writer.hpp"
#include "actors/tool_runner/patch_apply.hpp"

#include <fmt/format.h>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

using namespace troupe::tool_runner;
namespace fs = std::filesystem;

namespace {

/// A fresh folder that goes with the test.
struct fixture {
  fixture() {
    auto name = (fs::temp_directory_path() / "troupe-patch-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    root = name;
  }
  ~fixture() { fs::remove_all(root); }

  std::string path(const std::string& name) const { return (root / name).string(); }

  void write(const std::string& name, std::string_view text) const {
    std::ofstream{root / name, std::ios::binary} << text;
  }

  std::string read(const std::string& name) const {
    std::ifstream in{root / name, std::ios::binary};
    if (!in)
      return "(missing)";
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  }

  program_outcome apply(std::string_view hunks) const {
    return apply_patch_text(fmt::format("*** Begin Patch\n{}*** End Patch\n", hunks),
                            root.string());
  }

  std::vector<std::string> names() const {
    std::vector<std::string> result;
    for (const auto& entry : fs::recursive_directory_iterator{root})
      result.push_back(entry.path().lexically_relative(root).string());
    std::sort(result.begin(), result.end());
    return result;
  }

  fs::path root;
};

mode_t mode_of(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
}

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("files are added, updated, moved and deleted, and listed in groups") {
  write("old", "bye\n");
  write("change", "one\ntwo\n");
  write("from", "x\n");
  const auto outcome = apply("*** Delete File: old\n*** Update File: change\n@@\n-two\n+2\n"
                             "*** Add File: deep/down/new\n+hello\n"
                             "*** Update File: from\n*** Move to: other/to\n@@\n-x\n+y\n");
  CHECK_EQ(outcome.exit_code, 0);
  CHECK_EQ(outcome.standard_error, "");
  CHECK_EQ(outcome.standard_output, "Success. Updated the following files:\nA deep/down/new\n"
                                    "M change\nM other/to\nD old\n");
  CHECK_EQ(read("change"), "one\n2\n");
  CHECK_EQ(read("deep/down/new"), "hello\n");
  CHECK_EQ(read("other/to"), "y\n");
  const std::vector<std::string> expected{"change",        "deep",  "deep/down",
                                          "deep/down/new", "other", "other/to"};
  CHECK_EQ(names(), expected);
}

SCENARIO("hunks are applied in order, each to what the ones before it left") {
  const auto outcome = apply("*** Add File: a\n+1\n*** Update File: a\n@@\n-1\n+2\n");
  CHECK_EQ(outcome.exit_code, 0);
  CHECK_EQ(read("a"), "2\n");
  CHECK_EQ(outcome.standard_output, "Success. Updated the following files:\nA a\nM a\n");
}

SCENARIO("an added file replaces an existing one") {
  write("a", "long old text\n");
  CHECK_EQ(apply("*** Add File: a\n+new\n").exit_code, 0);
  CHECK_EQ(read("a"), "new\n");
}

SCENARIO("a failure keeps what was done before it and does nothing behind it") {
  write("b", "b\n");
  const auto outcome = apply("*** Add File: a\n+x\n*** Update File: b\n@@\n-nothing\n"
                             "*** Add File: c\n+x\n");
  CHECK_EQ(outcome.exit_code, 1);
  CHECK_EQ(outcome.standard_output, "");
  CHECK_EQ(outcome.standard_error, "Failed to find expected lines in b:\nnothing\n");
  const std::vector<std::string> expected{"a", "b"};
  CHECK_EQ(names(), expected);
}

SCENARIO("each failing step is named") {
  write("file", "x\n");
  fs::create_directory(path("dir"));
  CHECK_EQ(apply("*** Update File: none\n@@\n-x\n").standard_error,
           "Failed to read file to update none: No such file or directory\n");
  CHECK_EQ(apply("*** Update File: dir\n@@\n-x\n").standard_error,
           "Failed to read file to update dir: Is a directory\n");
  CHECK_EQ(apply("*** Delete File: none\n").standard_error,
           "Failed to delete file none: No such file or directory\n");
  CHECK_EQ(apply("*** Delete File: dir\n").standard_error.substr(0, 25),
           "Failed to delete file dir");
  CHECK_EQ(apply("*** Add File: dir\n+x\n").standard_error,
           "Failed to write file dir: Is a directory\n");
  CHECK_EQ(apply("*** Add File: file/new\n+x\n").standard_error,
           "Failed to create parent directories for file/new: Not a directory\n");
  CHECK_EQ(apply("").standard_error, "No files were modified.\n");
}

SCENARIO("a text that is no patch is refused with its error") {
  CHECK_EQ(apply_patch_text("nonsense", root.string()).standard_error,
           "Invalid patch: The first line of the patch must be '*** Begin Patch'\n");
  CHECK_EQ(apply("*** Update File: a\n").standard_error,
           "Invalid patch hunk on line 2: Update file hunk for path 'a' is empty\n");
}

SCENARIO("an update keeps the file's mode, links and other names") {
  write("script", "echo 1\n");
  fs::permissions(path("script"), fs::perms::owner_all);
  fs::create_symlink("script", path("link"));
  write("hard", "x\n");
  fs::create_hard_link(path("hard"), path("hard2"));
  CHECK_EQ(apply("*** Update File: link\n@@\n-echo 1\n+echo 2\n").exit_code, 0);
  CHECK(fs::is_symlink(path("link")));
  CHECK_EQ(read("script"), "echo 2\n");
  CHECK_EQ(mode_of(path("script")), mode_t{0700});
  CHECK_EQ(apply("*** Update File: hard\n@@\n-x\n+y\n").exit_code, 0);
  CHECK_EQ(read("hard2"), "y\n");
  const std::vector<std::string> expected{"hard", "hard2", "link", "script"};
  CHECK_EQ(names(), expected);
}

SCENARIO("a moved file keeps its mode, also when it is moved onto itself") {
  write("script", "echo 1\n");
  fs::permissions(path("script"), fs::perms::owner_all);
  CHECK_EQ(apply("*** Update File: script\n*** Move to: bin/run\n@@\n-echo 1\n+echo 2\n").exit_code,
           0);
  CHECK_EQ(mode_of(path("bin/run")), mode_t{0700});
  CHECK_EQ(
    apply("*** Update File: bin/run\n*** Move to: ./bin/run\n@@\n-echo 2\n+echo 3\n").exit_code, 0);
  CHECK_EQ(read("bin/run"), "echo 3\n");
}

SCENARIO("pipes and devices are neither read nor written") {
  REQUIRE_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  CHECK_EQ(apply("*** Update File: pipe\n@@\n-x\n").standard_error,
           "Failed to read file to update pipe: Operation not supported\n");
  CHECK_EQ(apply("*** Add File: pipe\n+x\n").standard_error,
           "Failed to write file pipe: Operation not supported\n");
}

SCENARIO("a disk that fills up in the middle of a write leaves the old text") {
  write("a", "old\n");
  rlimit before{};
  REQUIRE_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{.rlim_cur = 1024, .rlim_max = before.rlim_max};
  REQUIRE_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto error = write_file(path("a"), std::string(4096, 'x'));
  REQUIRE_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  CHECK(error == std::errc::file_too_large);
  CHECK_EQ(read("a"), "old\n");
  CHECK_EQ(names().size(), 1u);
}

END_FIXTURE_SCOPE()
