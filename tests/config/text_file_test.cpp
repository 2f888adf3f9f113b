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
  CHECK_EQ(content(read_text_prefix(file, 4)), "1234");
  CHECK_EQ(content(read_text_prefix(file, 0)), "");
}

SCENARIO("a file of several blocks is read whole") {
  std::string text;
  while (text.size() < 300'000)
    text += std::to_string(text.size());
  const auto file = disk.write("f", text);
  CHECK(content(read_text_file(file, 1'000'000)) == text);
}

SCENARIO("what is no regular file is an error and never a wait") {
  CHECK(failed_with(read_text_file(disk.path() / "none", 9), std::errc::no_such_file_or_directory));
  CHECK(failed_with(read_text_file(disk.path(), 9), std::errc::is_a_directory));
  const auto pipe = disk.path() / "pipe";
  REQUIRE_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  CHECK(failed_with(read_text_file(pipe, 9), std::errc::invalid_argument));
  CHECK(failed_with(read_text_file("/dev/zero", 9), std::errc::invalid_argument));
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
