#define CAF_SUITE text_file

#include "config/text_file.hpp"

#include "tests/support/temp_folder.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <sys/stat.h>

using namespace troupe::config;

namespace {

struct fixture {
  troupe::test::temp_folder disk;
};

std::string content(const std::variant<std::string, std::error_code>& x) {
  const auto* error = std::get_if<std::error_code>(&x);
  return error ? "error: " + error->message() : std::get<std::string>(x);
}

bool failed_with(const std::variant<std::string, std::error_code>& x, std::errc code) {
  const auto* error = std::get_if<std::error_code>(&x);
  return error != nullptr && *error == code;
}

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a file up to the limit is read whole, a larger one is refused") {
  const auto file = disk.write("f", "12345");
  CHECK_EQ(content(read_text_file(file, 5)), "12345");
  CHECK(failed_with(read_text_file(file, 4), std::errc::file_too_large));
  CHECK_EQ(content(read_file_prefix(file, 4)), "1234");
  CHECK_EQ(content(read_file_prefix(file, 0)), "");
}

SCENARIO("a file of several blocks is read whole") {
  std::string text;
  while (text.size() < 300'000)
    text += std::to_string(text.size());
  const auto file = disk.write("f", text);
  CHECK(content(read_file(file, 1'000'000)) == text);
}

SCENARIO("what is no regular file is an error and never a wait") {
  CHECK(failed_with(read_text_file(disk.path() / "none", 9), std::errc::no_such_file_or_directory));
  CHECK(failed_with(read_text_file(disk.path(), 9), std::errc::is_a_directory));
  const auto pipe = disk.path() / "pipe";
  REQUIRE_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  CHECK(failed_with(read_text_file(pipe, 9), std::errc::invalid_argument));
  CHECK(failed_with(read_text_file("/dev/zero", 9), std::errc::invalid_argument));
  CHECK_EQ(content(read_text_file(pipe, 9)),
           "error: it is not a regular file, but a pipe, a socket or a device");
}

SCENARIO("a text is read without its byte order mark, and UTF-16 as UTF-8") {
  using namespace std::string_view_literals;
  CHECK_EQ(content(read_text_file(disk.write("f", "\xef\xbb\xbf{}"), 9)), "{}");
  CHECK_EQ(content(read_text_file(disk.write("f", "\xff\xfe\xfc\0\x31\0"sv), 9)), "\xc3\xbc\x31");
  CHECK_EQ(content(read_file(disk.write("f", "\xef\xbb\xbf{}"), 9)), "\xef\xbb\xbf{}");
  CHECK_EQ(without_mark("\xef\xbb\xbf"), "");
  CHECK_EQ(without_mark("\xef\xbb"), "\xef\xbb");
}

SCENARIO("a text that is none is refused with the number of its line") {
  using namespace std::string_view_literals;
  for (const auto* start : {"", "\xef\xbb\xbf"})
    CHECK_EQ(content(read_text_file(disk.write("f", start + std::string{"a\nb\n\xf6\n"}), 99)),
             "error: line 3 is not valid UTF-8; convert the file to UTF-8");
  CHECK_EQ(content(read_text_file(disk.write("f", "\xf6"), 99)),
           "error: line 1 is not valid UTF-8; convert the file to UTF-8");
  for (const auto text : {"\xff\xfe\x31"sv, "\0\0\xfe\xff"sv})
    CHECK_EQ(
      content(read_text_file(disk.write("f", text), 99)),
      "error: it is not valid UTF-16, or another kind of text than UTF-8; convert it to UTF-8");
}

SCENARIO("what is private is so whatever the umask, and what was there keeps its mode") {
  const auto mode_of = [](const std::filesystem::path& x) {
    return static_cast<unsigned>(std::filesystem::status(x).permissions());
  };
  const auto open_folder = disk.make_folder("open");
  ::chmod(open_folder.c_str(), 0755);
  for (const mode_t mask : {0000, 0022, 0277}) {
    const auto name = std::to_string(mask);
    const auto before = ::umask(mask);
    const auto error = write_private_file(open_folder / name / "deep/f", "text");
    ::umask(before);
    CHECK(!error);
    CHECK_EQ(mode_of(open_folder / name), 0700U);
    CHECK_EQ(mode_of(open_folder / name / "deep"), 0700U);
    CHECK_EQ(mode_of(open_folder / name / "deep/f"), 0600U);
  }
  CHECK_EQ(mode_of(open_folder), 0755U);
  CHECK(!create_private_folders(open_folder));
  CHECK(!create_private_folders(""));
  CHECK(create_private_folders(disk.write("file", "") / "below"));
}

SCENARIO("a private file that cannot be written leaves the old one and no draft") {
  const auto file = disk.write("folder/f", "old");
  std::filesystem::create_directory(disk.path() / "taken");
  CHECK(write_private_file(disk.path() / "taken", "new"));
  CHECK(write_private_file(file / "below", "new"));
  CHECK_EQ(content(read_text_file(file, 9)), "old");
  const auto count = [](const std::filesystem::path& folder) {
    return std::distance(std::filesystem::directory_iterator(folder), {});
  };
  CHECK_EQ(count(disk.path()), 2);
  CHECK_EQ(count(disk.path() / "folder"), 1);
}

SCENARIO("white space goes from both ends only") {
  CHECK_EQ(trimmed(" \t a b\r\n"), "a b");
  CHECK_EQ(trimmed(" \n"), "");
  CHECK_EQ(trimmed(""), "");
}

END_FIXTURE_SCOPE()
