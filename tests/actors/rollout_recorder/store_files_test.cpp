#define CAF_SUITE store_files
#include <caf/test/bdd_dsl.hpp>

#include "actors/rollout_recorder/store_files.hpp"

#include "tests/actors/rollout_recorder/file_size_limit.hpp"
#include "tests/actors/rollout_recorder/rollout_samples.hpp"
#include "tests/support/temp_folder.hpp"

#include <sys/stat.h>

#include <csignal>

using namespace troupe;
using namespace troupe::rollout_recorder;

namespace {

descriptor opened(const std::filesystem::path& file, if_missing missing = if_missing::fail) {
  auto result = open_for_appending(file, missing);
  REQUIRE(std::holds_alternative<descriptor>(result));
  return std::move(std::get<descriptor>(result));
}

store_error refused(const std::filesystem::path& file, if_missing missing) {
  const auto result = open_for_appending(file, missing);
  REQUIRE(std::holds_alternative<store_error>(result));
  return std::get<store_error>(result);
}

} // namespace

SCENARIO("creating makes the folders, and both are for their owner only, whatever the umask") {
  for (const mode_t mask : {0, 022, 0277}) {
    const test::temp_folder folder;
    const auto file = folder.path() / "2026/02/07/rollout.jsonl";
    const auto old_mask = umask(mask);
    opened(file, if_missing::create);
    umask(old_mask);
    struct stat status {};
    REQUIRE_EQ(stat(file.c_str(), &status), 0);
    CHECK_EQ(status.st_mode & 0777, 0600U);
    REQUIRE_EQ(stat(file.parent_path().c_str(), &status), 0);
    CHECK_EQ(status.st_mode & 0777, 0700U);
  }
}

SCENARIO("opening a missing file is an error unless it is to be created") {
  const test::temp_folder folder;
  CHECK(refused(folder.path() / "gone.jsonl", if_missing::fail).code == errc::no_such_rollout);
  CHECK(!exists(folder.path() / "gone.jsonl"));
}

SCENARIO("failures name the path, the cause and what to do") {
  const test::temp_folder folder;
  const auto blocked = folder.write("sessions", "a file") / "2026/rollout.jsonl";
  const auto error = refused(blocked, if_missing::create);
  CHECK(error.code == errc::rollout_unwritable);
  CHECK(error.message.find(blocked.string()) != std::string::npos);
  CHECK(error.message.find("a file is where a folder should be") != std::string::npos);
}

SCENARIO("folders, pipes and devices are no rollouts and hang nothing") {
  const test::temp_folder folder;
  CHECK(refused(folder.path(), if_missing::fail).code == errc::rollout_unwritable);
  const auto pipe = folder.path() / "pipe";
  REQUIRE_EQ(mkfifo(pipe.c_str(), 0600), 0);
  CHECK(refused(pipe, if_missing::fail).code == errc::rollout_unwritable);
  CHECK(std::holds_alternative<std::error_code>(open_for_reading(pipe)));
  CHECK(!read_small_file("/dev/zero"));
  CHECK(!read_small_file(folder.path()));
}

SCENARIO("small files are read whole, large ones not at all") {
  const test::temp_folder folder;
  const std::string text(100'000, 'x');
  CHECK_EQ(read_small_file(folder.write("small", text)).value(), text);
  CHECK_EQ(read_small_file(folder.write("empty", "")).value(), "");
  CHECK(!read_small_file(folder.write("large", std::string(max_small_file_bytes + 1, 'x'))));
  CHECK(!read_small_file("/proc/self/comm").value_or("").empty());
}

SCENARIO("a write beyond what the file may hold tells how far it came") {
  const test::temp_folder folder;
  const auto file = folder.write("rollout.jsonl", "0123456789");
  const auto handle = opened(file);
  written_bytes result;
  {
    const test::file_size_limit limit{16};
    result = write_all(handle.number(), "abcdefghij");
  }
  CHECK(result.error == std::errc::file_too_large);
  CHECK_EQ(result.count, 6U);
  CHECK_EQ(test::text_of(file), "0123456789abcdef");
}

SCENARIO("a clean tail needs nothing, a torn one a newline") {
  const test::temp_folder folder;
  const std::vector<std::pair<std::string, std::string>> cases{{"", ""},
                                                               {"a\n", ""},
                                                               {"\n", ""},
                                                               {"a", "\n"},
                                                               {"a\nb", "\n"},
                                                               {"a\nb\xc3\xa9", "\n"},
                                                               {"\xf0\x9f\x98\x80", "\n"}};
  for (const auto& [text, mend] : cases) {
    const auto file = folder.write("rollout.jsonl", text);
    CHECK_EQ(mend_tail(opened(file).number()), mend);
    CHECK_EQ(test::text_of(file), text);
  }
}

SCENARIO("a character that was cut off is removed, because it would make the file unreadable") {
  const test::temp_folder folder;
  const std::vector<std::pair<std::string, std::string>> cases{{"abc\xc3", "abc"},
                                                               {"abc\xe2\x82", "abc"},
                                                               {"\xf0\x9f\x98", ""},
                                                               {"\xc3\xa9\xe2", "\xc3\xa9"},
                                                               {"\xf0", ""}};
  for (const auto& [text, kept] : cases) {
    const auto file = folder.write("rollout.jsonl", text);
    CHECK_EQ(mend_tail(opened(file).number()), "\n");
    CHECK_EQ(test::text_of(file), kept);
  }
}
