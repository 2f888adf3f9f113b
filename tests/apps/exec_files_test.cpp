#define CAF_SUITE exec_files
#include <caf/test/bdd_dsl.hpp>

#include "apps/common/image_file.hpp"
#include "apps/common/output_schema.hpp"
#include "apps/exec/git_check.hpp"
#include "apps/exec/last_message.hpp"
#include "tests/apps/exec_events_fixture.hpp"
#include "tests/support/temp_folder.hpp"

#include <sys/stat.h>

#include <sstream>

using namespace troupe;
using namespace troupe::exec;
using common::parse_output_schema;
using common::read_output_schema;
using common::schema_problem;
using namespace std::string_literals;
using test::temp_folder;

namespace {

std::string problem_of(const std::variant<shared_text, schema_problem>& x) {
  const auto* problem = std::get_if<schema_problem>(&x);
  return problem == nullptr ? "" : problem->message;
}

std::string content_of(const std::filesystem::path& file) {
  std::ostringstream out;
  out << std::ifstream{file, std::ios::binary}.rdbuf();
  return out.str();
}

common::turn_outcome outcome_of(const std::vector<event_msg>& events) {
  common::turn_outcome out;
  for (const auto& x : events)
    out.on(x);
  return out;
}

} // namespace

SCENARIO("a schema is passed on as it was written") {
  const auto schema = parse_output_schema(" {\"a\": 0.50}\n", "s.json");
  REQUIRE(std::holds_alternative<shared_text>(schema));
  CHECK_EQ(std::get<shared_text>(schema).view(), R"({"a": 0.50})");
  std::string deep;
  for (int i = 0; i < 100; ++i)
    deep = "{\"items\":" + (deep.empty() ? "{}" : deep) + "}";
  CHECK_EQ(problem_of(parse_output_schema(deep, "s.json")), "");
}

SCENARIO("a schema that cannot be used names the file and the reason") {
  temp_folder folder;
  const auto missing = folder.path() / "none.json";
  CHECK_EQ(problem_of(read_output_schema(missing)),
           "Failed to read output schema file " + missing.string() + ": No such file or directory");
  CHECK(problem_of(parse_output_schema("{\"a\":", "s.json"))
          .starts_with("Output schema file s.json is not valid JSON: "));
  CHECK(problem_of(parse_output_schema("", "s.json"))
          .starts_with("Output schema file s.json is not valid JSON: "));
  CHECK(problem_of(parse_output_schema(std::string(10'000, '['), "s.json"))
          .starts_with("Output schema file s.json is not valid JSON: "));
}

SCENARIO("a Git work tree is found in any parent, also as a file") {
  temp_folder folder;
  std::filesystem::create_directories(folder.path() / "repo/.git");
  std::filesystem::create_directories(folder.path() / "repo/a/b");
  std::filesystem::create_directories(folder.path() / "plain/a");
  folder.write("linked/.git", "gitdir: /elsewhere\n");
  CHECK(is_inside_git_work_tree(folder.path() / "repo"));
  CHECK(is_inside_git_work_tree(folder.path() / "repo/a/b"));
  CHECK(is_inside_git_work_tree(folder.path() / "linked"));
  CHECK(!is_inside_git_work_tree(folder.path() / "plain/a"));
  // What the sandbox of another command puts there for a moment.
  std::filesystem::create_directories(folder.path() / "plain/.git");
  ::chmod((folder.path() / "plain/.git").c_str(), 01755);
  CHECK(!is_inside_git_work_tree(folder.path() / "plain/a"));
  folder.write("plain/.git/HEAD", "ref: refs/heads/main\n");
  CHECK(is_inside_git_work_tree(folder.path() / "plain/a"));
}

SCENARIO("the last message is written verbatim") {
  temp_folder folder;
  const auto file = folder.write("out.txt", "what was there before, and longer");
  const auto outcome =
    outcome_of({exec_events::said("first"), exec_events::said("Final."), task_complete{}});
  const auto written = last_message_place{file}.write(outcome);
  CHECK_EQ(written.note, "");
  CHECK(!written.is_lost);
  CHECK_EQ(content_of(file), "Final.");
}

SCENARIO(
  "a completed turn without a message empties the file and warns, a failed one only empties") {
  temp_folder folder;
  const auto file = folder.write("out.txt", "old");
  CHECK_EQ(last_message_place{file}.write(outcome_of({task_complete{}})).note,
           "Warning: no last agent message; wrote empty content to " + file.string() + "\n");
  CHECK_EQ(content_of(file), "");
  folder.write("out.txt", "old");
  CHECK_EQ(
    last_message_place{file}
      .write(outcome_of({exec_events::said("half"), exec_events::failed("broke"), task_complete{}}))
      .note,
    "");
  CHECK_EQ(content_of(file), "");
}

SCENARIO("a file that cannot be written is told") {
  const auto written =
    last_message_place{"/no/such/folder/out.txt"}.write(outcome_of({task_complete{}}));
  CHECK_EQ(written.note, "Failed to write last message file \"/no/such/folder/out.txt\": No such "
                         "file or directory\n");
  CHECK(written.is_lost);
}

SCENARIO("a last message that finds no room is told as lost") {
  const auto written =
    last_message_place{"/dev/full"}.write(outcome_of({exec_events::said("x"), task_complete{}}));
  CHECK_EQ(written.note, "Failed to write last message file \"/dev/full\": No space left on "
                         "device\n");
  CHECK(written.is_lost);
}

SCENARIO("a last message goes neither through a link nor into a folder that came later") {
  temp_folder folder;
  const auto victim = folder.write("outside/file", "untouched");
  const auto other = folder.write("outside/out.txt", "untouched");
  const auto outcome = outcome_of({exec_events::said("x"), task_complete{}});
  const auto file = folder.write("work/out.txt", "old");
  const last_message_place place{file};
  std::filesystem::remove(file);
  std::filesystem::create_symlink(victim, file);
  const auto refused = place.write(outcome);
  CHECK(refused.is_lost);
  CHECK(refused.note.find("symbolic link") != std::string::npos);
  std::filesystem::rename(folder.path() / "work", folder.path() / "moved");
  std::filesystem::create_directory_symlink(folder.path() / "outside", folder.path() / "work");
  std::filesystem::remove(folder.path() / "moved/out.txt");
  CHECK(!place.write(outcome).is_lost);
  CHECK_EQ(content_of(folder.path() / "moved/out.txt"), "x");
  CHECK_EQ(content_of(victim), "untouched");
  CHECK_EQ(content_of(other), "untouched");
  CHECK(!last_message_place{"/dev/fd/2"}.write(outcome_of({task_complete{}})).is_lost);
}

SCENARIO("the outcome of a turn") {
  using enum common::turn_status;
  CHECK(outcome_of({}).status() == running);
  CHECK(outcome_of({task_complete{"end"}}).status() == completed);
  CHECK_EQ(outcome_of({task_complete{"end"}}).final_message(), "end");
  CHECK(outcome_of({turn_aborted{}}).status() == interrupted);
  const auto failure = outcome_of({exec_events::failed(""), task_complete{}});
  CHECK(failure.status() == failed);
  CHECK_EQ(outcome_of({exec_events::failed("why"), task_complete{}}).error(), "why");
  const auto later =
    outcome_of({exec_events::used(1, 0, 2, 0), exec_events::used(3, 1, 4, 2), task_complete{},
                exec_events::used(9, 9, 9, 9), exec_events::failed("late")});
  CHECK(later.status() == completed);
  CHECK_EQ(later.usage().input_tokens, 3);
}

SCENARIO("images are known by their signature") {
  CHECK_EQ(common::image_type("\x89PNG\r\n\x1A\n...."s), "image/png");
  CHECK_EQ(common::image_type("\xFF\xD8\xFF\xE0"s), "image/jpeg");
  CHECK_EQ(common::image_type("GIF87a"s), "image/gif");
  CHECK_EQ(common::image_type("GIF89a"s), "image/gif");
  CHECK_EQ(common::image_type("RIFF\x01\x02\x03\x04WEBPVP8 "s), "image/webp");
  CHECK_EQ(common::image_type("RIFF\x01\x02\x03\x04WAVE"s), "");
  CHECK_EQ(common::image_type("hello"), "");
  CHECK_EQ(common::image_type(""), "");
}

SCENARIO("an image becomes a data URL, anything else a problem") {
  temp_folder folder;
  const auto gif = folder.write("a.gif", "GIF89a\x01\xFF");
  CHECK(common::read_image(gif) ==
        (local_image_input{gif.string(), "data:image/gif;base64,R0lGODlhAf8=", ""}));
  const auto text = folder.write("a.png", "not really");
  CHECK(common::read_image(text) ==
        (local_image_input{text.string(), "", "not a PNG, JPEG, GIF or WebP image"}));
  CHECK_EQ(common::read_image(folder.write("b.png", "")).problem, "the file is empty");
  CHECK_EQ(common::read_image(folder.path() / "none.png").problem, "No such file or directory");
  CHECK_EQ(common::read_image(folder.path()).problem, "Is a directory");
}

SCENARIO("base64 pads to groups of four") {
  CHECK_EQ(common::base64(""), "");
  CHECK_EQ(common::base64("f"), "Zg==");
  CHECK_EQ(common::base64("fo"), "Zm8=");
  CHECK_EQ(common::base64("foo"), "Zm9v");
  CHECK_EQ(common::base64("foobar"), "Zm9vYmFy");
}
