#define CAF_SUITE turn_diff_tracker
#include <caf/test/bdd_dsl.hpp>

#include "actors/tool_runner/turn_diff_tracker.hpp"

#include <filesystem>
#include <map>
#include <string>

using namespace troupe;
using namespace troupe::tool_runner;

namespace {

class memory_files final : public file_view {
public:
  std::variant<file_snapshot, std::error_code> read(const std::string& path) const override {
    if (path == "/w/locked")
      return std::make_error_code(std::errc::permission_denied);
    const auto i = files.find(path);
    if (i == files.end())
      return std::make_error_code(std::errc::no_such_file_or_directory);
    return i->second;
  }

  std::map<std::string, file_snapshot> files;
};

file_changes touching(const std::string& path, const std::string& move_path = "") {
  return {{path, {change_kind::update, "", move_path}}};
}

struct fixture {
  memory_files disk;
  turn_diff_tracker tracker;

  void note(const std::string& path, const std::string& move_path = "") {
    tracker.note(touching(path, move_path), disk);
  }
};

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a blob id is the one git computes") {
  CHECK_EQ(git_blob_id("hello\nworld\n"), "94954abda49de8615a048f8d2e64b5de848e27a1");
  CHECK_EQ(git_blob_id(""), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
}

SCENARIO("an added file is a new file, also after later patches") {
  note("/w/hello.txt");
  disk.files["/w/hello.txt"] = {"hello\nworld\n"};
  const std::string head = "diff --git a/hello.txt b/hello.txt\nnew file mode 100644\n"
                           "index 0000000000000000000000000000000000000000..";
  CHECK_EQ(tracker.diff(disk, "/w"), head +
                                       "94954abda49de8615a048f8d2e64b5de848e27a1\n--- /dev/null\n"
                                       "+++ b/hello.txt\n@@ -0,0 +1,2 @@\n+hello\n+world\n");
  note("/w/hello.txt");
  disk.files["/w/hello.txt"] = {"goodbye\nworld\n"};
  CHECK_EQ(tracker.diff(disk, "/w"), head +
                                       "770b766dde3c9a220b142a3c70e1d3fcb227852e\n--- /dev/null\n"
                                       "+++ b/hello.txt\n@@ -0,0 +1,2 @@\n+goodbye\n+world\n");
}

SCENARIO("a changed file is compared with its first state, with three lines of context") {
  disk.files["/w/a"] = {"1\n2\n3\n4\n5\n6\n"};
  note("/w/a");
  disk.files["/w/a"] = {"1\n2\n3\n4\n5\nx\n"};
  note("/w/a");
  disk.files["/w/a"] = {"1\n2\n3\n4\n5\ny\n"};
  CHECK_EQ(tracker.diff(disk, "/w"), "diff --git a/a b/a\n"
                                     "index b414108e81e5091fe0974a1858b4d0d22b107f70.." +
                                       git_blob_id("1\n2\n3\n4\n5\ny\n") +
                                       "\n--- a/a\n+++ b/a\n@@ -3,4 +3,4 @@\n 3\n 4\n 5\n-6\n+y\n");
  disk.files["/w/a"] = {"1\n2\n3\n4\n5\n6\n"};
  CHECK_EQ(tracker.diff(disk, "/w"), "");
}

SCENARIO("a deleted file shows its old text") {
  disk.files["/w/a"] = {"x\n", file_mode::executable};
  note("/w/a");
  disk.files.clear();
  CHECK_EQ(tracker.diff(disk, "/w"),
           "diff --git a/a b/a\ndeleted file mode 100755\nindex " + git_blob_id("x\n") +
             "..0000000000000000000000000000000000000000\n--- a/a\n+++ /dev/null\n"
             "@@ -1 +0,0 @@\n-x\n");
}

SCENARIO("a moved file is a rename, also when it is moved twice") {
  disk.files["/w/a"] = {"x\n"};
  note("/w/a", "/w/b");
  disk.files = {{"/w/b", {"x\n"}}};
  CHECK_EQ(tracker.diff(disk, "/w"), "diff --git a/a b/b\nrename from a\nrename to b\n");
  note("/w/b", "/w/c");
  disk.files = {{"/w/c", {"y\n"}}};
  CHECK_EQ(tracker.diff(disk, "/w"), "diff --git a/a b/c\nrename from a\nrename to c\nindex " +
                                       git_blob_id("x\n") + ".." + git_blob_id("y\n") +
                                       "\n--- a/a\n+++ b/c\n@@ -1 +1 @@\n-x\n+y\n");
}

SCENARIO("a move over a file is a deletion and an update") {
  disk.files = {{"/w/a", {"x\n"}}, {"/w/b", {"old\n"}}};
  note("/w/a", "/w/b");
  disk.files = {{"/w/b", {"x\n"}}};
  const auto diff = tracker.diff(disk, "/w");
  CHECK(diff.find("deleted file mode") != std::string::npos);
  CHECK(diff.find("-old\n+x\n") != std::string::npos);
  CHECK(diff.find("rename") == std::string::npos);
}

SCENARIO("modes, binary files and paths outside are shown as git does") {
  disk.files = {{"/w/run", {"x\n"}}, {"/w/bin", {std::string{"\0", 1}}}, {"/other/f", {"x\n"}}};
  note("/w/run");
  note("/w/bin");
  note("/other/f");
  disk.files = {{"/w/run", {"x\n", file_mode::executable}}, {"/w/bin", {"\xFF"}}};
  CHECK_EQ(tracker.diff(disk, "/w"),
           "diff --git a/other/f b/other/f\ndeleted file mode 100644\nindex " + git_blob_id("x\n") +
             "..0000000000000000000000000000000000000000\n--- a/other/f\n+++ /dev/null\n"
             "@@ -1 +0,0 @@\n-x\ndiff --git a/bin b/bin\nindex " +
             git_blob_id(std::string_view{"\0", 1}) + ".." + git_blob_id("\xFF") +
             "\nBinary files a/bin and b/bin differ\n"
             "diff --git a/run b/run\nold mode 100644\nnew mode 100755\n");
}

SCENARIO("files that cannot be read or are too many are left out") {
  disk.files = {{"/w/a", {std::string(turn_diff_tracker::max_tracked_bytes, 'x')}},
                {"/w/b", {"x\n"}}};
  note("/w/a");
  note("/w/b");
  note("/w/locked");
  disk.files = {{"/w/a", disk.files["/w/a"]}};
  CHECK_EQ(tracker.diff(disk, "/w"), "");
}

SCENARIO("a failed patch leaves no diff") {
  note("/w/a", "/w/b");
  CHECK_EQ(tracker.diff(disk, "/w"), "");
}

END_FIXTURE_SCOPE()
