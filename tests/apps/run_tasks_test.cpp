#define CAF_SUITE run_tasks
#include <caf/test/bdd_dsl.hpp>

#include "apps/run/task_file.hpp"
#include "tests/support/temp_folder.hpp"

#include <fmt/format.h>

using namespace troupe;
using namespace troupe::run;
using test::temp_folder;

namespace {

std::vector<task> loaded(const std::filesystem::path& file) {
  auto result = load_tasks(file);
  if (const auto* problem = std::get_if<task_file_problem>(&result))
    FAIL(problem->message);
  return std::get<std::vector<task>>(std::move(result));
}

/// What is wrong with a file; the folder is left out of the message.
std::string problem_of(const temp_folder& folder, const std::filesystem::path& file) {
  const auto result = load_tasks(file);
  const auto* problem = std::get_if<task_file_problem>(&result);
  if (problem == nullptr)
    return "";
  auto text = problem->message;
  const auto prefix = folder.path().string() + "/";
  for (auto at = text.find(prefix); at != std::string::npos; at = text.find(prefix))
    text.erase(at, prefix.size());
  return text;
}

std::string problem_of_lines(std::string_view text) {
  temp_folder folder;
  return problem_of(folder, folder.write("t.jsonl", text));
}

} // namespace

SCENARIO("a line of JSON is a task") {
  temp_folder folder;
  folder.make_folder("template");
  folder.write("schema.json", "{\"type\": \"object\"}\n");
  const auto tasks = loaded(folder.write("tasks.jsonl", R"(
{"prompt":"first"}

{"prompt":"second","id":"my-task_2.b","template":"template","model":"gpt-5","identity":"explorer","mode":"plan","sandbox":"read-only","output_schema":"schema.json","tags":["a","b"]}
{"prompt":"third","id":7,"cwd":".","output_schema":{"type":"string"}}
)"));
  REQUIRE_EQ(tasks.size(), 3u);
  CHECK_EQ(tasks[0].id, "1");
  CHECK_EQ(tasks[0].prompt, "first");
  CHECK(tasks[0].has_own_workspace());
  CHECK_EQ(tasks[0].line, 2u);
  CHECK_EQ(tasks[1].id, "my-task_2.b");
  CHECK(tasks[1].template_folder == folder.path() / "template");
  CHECK_EQ(tasks[1].model, "gpt-5");
  CHECK(tasks[1].identity == identity_kind::explorer);
  CHECK(tasks[1].mode == mode_kind::plan);
  CHECK(!tasks[0].identity);
  CHECK(!tasks[0].mode);
  CHECK_EQ(tasks[1].sandbox, sandbox_mode::read_only);
  CHECK_EQ(tasks[1].output_schema_json.view(), R"({"type": "object"})");
  CHECK_EQ(tasks[1].tags, (std::vector<std::string>{"a", "b"}));
  CHECK_EQ(tasks[2].id, "7");
  CHECK(std::filesystem::equivalent(*tasks[2].cwd, folder.path()));
  CHECK(!tasks[2].has_own_workspace());
  CHECK_EQ(tasks[2].output_schema_json.view(), R"({"type":"string"})");
  CHECK_EQ(tasks[2].line, 5u);
}

SCENARIO("TOML says the same, with defaults") {
  temp_folder folder;
  folder.make_folder("one");
  folder.make_folder("two");
  const auto tasks = loaded(folder.write("tasks.toml", R"(
[defaults]
template = "one"
model = "gpt-5"
tags = ["all"]

[[task]]
prompt = "first"

[[task]]
id = "other"
prompt = """
second
line"""
cwd = "two"
tags = []
output_schema = { type = "object", required = ["a"], properties = { a = { type = "number" } } }
)"));
  REQUIRE_EQ(tasks.size(), 2u);
  CHECK_EQ(tasks[0].prompt, "first");
  CHECK(tasks[0].template_folder == folder.path() / "one");
  CHECK_EQ(tasks[0].model, "gpt-5");
  CHECK_EQ(tasks[0].tags, (std::vector<std::string>{"all"}));
  CHECK_EQ(tasks[1].id, "other");
  CHECK_EQ(tasks[1].prompt, "second\nline");
  CHECK_EQ(tasks[1].template_folder, std::nullopt);
  CHECK(tasks[1].cwd == folder.path() / "two");
  CHECK(tasks[1].tags.empty());
  CHECK_EQ(tasks[1].output_schema_json.view(),
           R"({"properties":{"a":{"type":"number"}},"required":["a"],"type":"object"})");
}

SCENARIO("every problem of a file is told with its line") {
  CHECK_EQ(problem_of_lines("{\"prompt\":\"a\",\"modell\":\"x\"}\n{\"id\":\"b\"}\n"),
           "t.jsonl:1: unknown key \"modell\"; did you mean \"model\"?\n"
           "t.jsonl:2: \"prompt\" is missing\n");
  CHECK_EQ(problem_of_lines("{\"prompt\":\"a\"}\n[1]\n"),
           "t.jsonl:2: a task must be a JSON object\n");
  CHECK(problem_of_lines("{\"prompt\":\"a\"\n").starts_with("t.jsonl:1: not valid JSON: "));
  CHECK_EQ(problem_of_lines(R"({"prompt":""})"),
           "t.jsonl:1: \"prompt\" must be a string that is not empty\n");
  CHECK_EQ(problem_of_lines(R"({"prompt":"a","sandbox":"none"})"),
           "t.jsonl:1: \"sandbox\" is \"none\"; it can be read-only, workspace-write or "
           "danger-full-access\n");
  CHECK_EQ(problem_of_lines(R"({"prompt":"a","identity":"Explorer","mode":7})"),
           "t.jsonl:1: \"identity\" is \"Explorer\"; it can be nobody, planner, programmer, "
           "explorer, reviewer\n"
           "t.jsonl:1: \"mode\" must be a string that is not empty\n");
  CHECK_EQ(problem_of_lines(R"({"prompt":"a","tags":["x",1]})"),
           "t.jsonl:1: \"tags\" must be a list of strings\n");
  CHECK_EQ(problem_of_lines(R"({"prompt":"a","output_schema":1})"),
           "t.jsonl:1: \"output_schema\" must be a JSON Schema or the path of one\n");
  CHECK_EQ(problem_of_lines(R"({"prompt":"a","cwd":".","template":"."})"),
           "t.jsonl:1: \"cwd\" and \"template\" exclude each other: a task works in a folder of "
           "yours or in a copy\n");
  CHECK_EQ(problem_of_lines(R"({"prompt":"a","cwd":"nowhere"})"),
           "t.jsonl:1: \"cwd\": there is no folder nowhere\n");
  CHECK_EQ(problem_of_lines(R"({"prompt":"a","output_schema":"none.json"})"),
           "t.jsonl:1: Failed to read output schema file none.json: No such file or directory\n");
  CHECK_EQ(problem_of_lines("\n \n"), "t.jsonl:1: no task in this file\n");
}

SCENARIO("ids are unique and can name a folder") {
  CHECK_EQ(problem_of_lines("{\"prompt\":\"a\",\"id\":\"x\"}\n{\"prompt\":\"b\",\"id\":\"x\"}\n"),
           "t.jsonl:2: id \"x\" is taken by line 1\n");
  CHECK_EQ(problem_of_lines("{\"prompt\":\"a\",\"id\":2}\n{\"prompt\":\"b\"}\n"),
           "t.jsonl:2: id \"2\" is taken by line 1\n");
  for (const auto* id : {"a", "0", "A.b_c-d", "-x"})
    CHECK(is_valid_task_id(id));
  for (const auto* id : {"", ".", "..", ".hidden", "a/b", "a b", "\xC3\xBC", "a\n"})
    CHECK(!is_valid_task_id(id));
  CHECK(is_valid_task_id(std::string(100, 'x')));
  CHECK(!is_valid_task_id(std::string(101, 'x')));
}

SCENARIO("a file with many problems shows the first twenty") {
  std::string text;
  for (int i = 0; i < 30; ++i)
    text += "{}\n";
  const auto problems = problem_of_lines(text);
  CHECK_EQ(std::ranges::count(problems, '\n'), 21);
  CHECK(problems.ends_with("... and 10 more\n"));
}

SCENARIO("problems of TOML are told with their place") {
  temp_folder folder;
  CHECK(
    problem_of(folder, folder.write("t.toml", "[[task]]\nprompt = \n")).starts_with("t.toml:2:"));
  CHECK(problem_of(folder, folder.write("t.toml", "[[tasks]]\nprompt = \"a\"\n"))
          .find("only [defaults] and [[task]] stand on the top level") != std::string::npos);
  CHECK(problem_of(folder, folder.write("t.toml", "task = [1]\n")).find("a task must be a table") !=
        std::string::npos);
  CHECK_EQ(problem_of(folder, folder.write("t.toml", "[[task]]\nprompt=\"a\"\n[[task]]\nx=1\n")),
           "t.toml:4: unknown key \"x\"; known are id, prompt, cwd, template, model, identity, "
           "mode, sandbox, output_schema, tags\nt.toml:3: \"prompt\" is missing\n");
  CHECK_EQ(problem_of(folder, folder.write("t.toml", "[defaults]\nmodell=\"m\"\n[[task]]\nprompt="
                                                     "\"a\"\n\n[[task]]\nprompt=\"b\"\nmode=7\n")),
           "t.toml:2: unknown key \"modell\"; did you mean \"model\"?\n"
           "t.toml:8: \"mode\" must be a string that is not empty\n");
}

SCENARIO("an unreadable file is a problem, not a crash") {
  temp_folder folder;
  CHECK_EQ(problem_of(folder, folder.path() / "none.jsonl"),
           "none.jsonl: No such file or directory\n");
  CHECK_EQ(problem_of(folder, folder.write("t.jsonl", "{\"prompt\":\"\xFF\"}")),
           "t.jsonl: line 1 is not valid UTF-8; convert the file to UTF-8\n");
  CHECK(problem_of_lines(std::string(100'000, '[')).starts_with("t.jsonl:1: not valid JSON"));
}

SCENARIO("ten thousand tasks are read") {
  temp_folder folder;
  std::string text;
  for (int i = 0; i < 10'000; ++i)
    text += fmt::format("{{\"prompt\":\"task {}\",\"tags\":[\"t{}\"]}}\n", i, i % 10);
  const auto tasks = loaded(folder.write("t.jsonl", text));
  REQUIRE_EQ(tasks.size(), 10'000u);
  CHECK_EQ(tasks.back().id, "10000");
}

SCENARIO("a fingerprint changes with the task, not with its place") {
  task x;
  x.prompt = "a";
  auto moved = x;
  moved.line = 9;
  moved.id = "other";
  CHECK_EQ(fingerprint(x), fingerprint(moved));
  CHECK_EQ(fingerprint(x).size(), 16u);
  auto changed = x;
  changed.prompt = "b";
  CHECK_NE(fingerprint(x), fingerprint(changed));
  changed = x;
  changed.tags = {"ab", "c"};
  auto other = x;
  other.tags = {"a", "bc"};
  CHECK_NE(fingerprint(changed), fingerprint(other));
  changed = x;
  changed.identity = identity_kind::explorer;
  other = x;
  other.mode = mode_kind::plan;
  CHECK_NE(fingerprint(x), fingerprint(changed));
  CHECK_NE(fingerprint(x), fingerprint(other));
  CHECK_NE(fingerprint(changed), fingerprint(other));
}
