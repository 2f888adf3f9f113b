#define CAF_SUITE run_results
#include <caf/test/bdd_dsl.hpp>

#include "apps/run/result_file.hpp"
#include "apps/run/run_plan.hpp"
#include "apps/run/summary.hpp"
#include "apps/run/workspace.hpp"
#include "tests/support/temp_folder.hpp"

#include <boost/json/serialize.hpp>
#include <csignal>
#include <sstream>
#include <sys/resource.h>

using namespace troupe;
using namespace troupe::run;
using namespace std::chrono_literals;
using test::temp_folder;
namespace fs = std::filesystem;

namespace {

task a_task(std::string id, std::string prompt = "do it") {
  task out;
  out.id = std::move(id);
  out.prompt = std::move(prompt);
  return out;
}

result_record a_result(const task& of, task_status status) {
  result_record out;
  out.id = of.id;
  out.status = status;
  out.fingerprint = fingerprint(of);
  return out;
}

/// As a disk with room for so much in each file, while it lives.
class file_size_bound {
public:
  explicit file_size_bound(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit bound{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &bound);
  }
  file_size_bound(const file_size_bound&) = delete;
  file_size_bound& operator=(const file_size_bound&) = delete;
  ~file_size_bound() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

private:
  void (*handler_)(int);
  rlimit before_{};
};

std::string content_of(const fs::path& file) {
  std::ostringstream out;
  out << std::ifstream{file, std::ios::binary}.rdbuf();
  return out.str();
}

} // namespace

SCENARIO("a result is one line and comes back as it was") {
  result_record x{.id = "7",
                  .status = task_status::completed,
                  .attempt = 2,
                  .final_message = "done\n\"really\"",
                  .error = "",
                  .usage = {10, 2, 3, 1, 13},
                  .refused = 4,
                  .duration = 1500ms,
                  .model = "gpt-5",
                  .tags = {"a", "b"},
                  .thread_id = "0199a213-81c0-7800-8aa1-bbab2a035a53",
                  .rollout_path = "/home/r.jsonl",
                  .workspace = "/out/workspaces/7/attempt-2",
                  .started_at = "2026-02-07T09:15:04.120Z",
                  .fingerprint = "0123456789abcdef"};
  const auto line = print_result(x);
  CHECK_EQ(
    line,
    R"({"id":"7","status":"completed","attempt":2,"final_message":"done\n\"really\"","error":null,"usage":{"input_tokens":10,"cached_input_tokens":2,"output_tokens":3,"reasoning_output_tokens":1,"total_tokens":13},"refused":4,"duration_ms":1500,"model":"gpt-5","tags":["a","b"],"thread_id":"0199a213-81c0-7800-8aa1-bbab2a035a53","rollout_path":"/home/r.jsonl","workspace":"/out/workspaces/7/attempt-2","started_at":"2026-02-07T09:15:04.120Z","fingerprint":"0123456789abcdef"}
)");
  CHECK(parse_result(line) == x);
  x.final_message.reset();
  x.error = "broke";
  x.status = task_status::failed;
  CHECK(parse_result(print_result(x)) == x);
}

SCENARIO("a result of an older program, without refusals, is a result") {
  auto line = print_result(a_result(a_task("1"), task_status::completed));
  line.erase(line.find("\"refused\":0,"), 12);
  CHECK(parse_result(line) == a_result(a_task("1"), task_status::completed));
}

SCENARIO("a task whose commands were refused for want of a sandbox is not done") {
  const std::vector<task> tasks{a_task("done"), a_task("refused"), a_task("failed")};
  auto refused = a_result(tasks[1], task_status::completed);
  refused.refused = 2;
  auto failed = a_result(tasks[2], task_status::failed);
  failed.refused = 1;
  const auto text = print_result(a_result(tasks[0], task_status::completed)) +
                    print_result(refused) + print_result(failed);
  const auto plan = plan_run(tasks, read_results(text), failed_tasks::keep);
  REQUIRE_EQ(plan.todo.size(), 1u);
  CHECK_EQ(plan.todo.front().index, 1u);
  CHECK_EQ(plan_run(tasks, read_results(text), failed_tasks::retry).todo.size(), 2u);
  CHECK_EQ(summarise(plan.kept).all.refused, 1u);
  const auto summary = summarise(std::vector{refused, failed});
  CHECK_EQ(summary.all.refused, 3u);
  CHECK_EQ(summary_json(summary).at("all").at("refused").to_number<int>(), 3);
  CHECK(summary_table(summary).find("refused") != std::string::npos);
}

SCENARIO("lines that are no result are not taken for one") {
  const auto line = print_result(a_result(a_task("1"), task_status::completed));
  for (std::size_t length = 0; length + 1 < line.size(); ++length)
    if (parse_result(line.substr(0, length)))
      FAIL("accepted " << line.substr(0, length));
  CHECK(!parse_result("{}"));
  CHECK(!parse_result("[]"));
  auto other = line;
  other.replace(other.find("completed"), 9, "finished!");
  CHECK(!parse_result(other));
}

SCENARIO("of several attempts the last one counts, and torn lines do not") {
  const auto first = a_task("1");
  const auto second = a_task("2");
  auto retried = a_result(first, task_status::completed);
  retried.attempt = 2;
  const auto text = print_result(a_result(first, task_status::failed)) +
                    print_result(a_result(second, task_status::failed)) + print_result(retried);
  const auto whole = read_results(text);
  CHECK_EQ(whole.latest.size(), 2u);
  CHECK(whole.latest.at("1") == retried);
  CHECK_EQ(whole.unreadable_lines, 0u);
  CHECK(!whole.torn_tail);
  const auto torn = read_results(std::string_view{text}.substr(0, text.size() - 20));
  CHECK(torn.latest.at("1").status == task_status::failed);
  CHECK_EQ(torn.unreadable_lines, 1u);
  CHECK_EQ(torn.first_unreadable, 3u);
  CHECK_EQ(read_results("\xef\xbb\xbf" + text).unreadable_lines, 0u);
  CHECK(torn.torn_tail);
  CHECK(read_results("").latest.empty());
  CHECK(!read_results("").torn_tail);
}

SCENARIO("resuming runs what is missing, interrupted or changed, and failed tasks on request") {
  const std::vector<task> tasks{a_task("done"), a_task("failed"), a_task("stopped"), a_task("new"),
                                a_task("changed", "now this")};
  std::string text = print_result(a_result(tasks[0], task_status::completed)) +
                     print_result(a_result(tasks[1], task_status::failed)) +
                     print_result(a_result(tasks[2], task_status::interrupted)) +
                     print_result(a_result(a_task("changed"), task_status::completed)) +
                     print_result(a_result(a_task("gone"), task_status::completed));
  const auto earlier = read_results(text);
  const auto plan = plan_run(tasks, earlier, failed_tasks::keep);
  CHECK(plan.todo == (std::vector<planned_task>{{2, 2}, {3, 1}, {4, 2}}));
  CHECK_EQ(plan.kept.size(), 2u);
  CHECK_EQ(plan.changed, 1u);
  const auto retry = plan_run(tasks, earlier, failed_tasks::retry);
  CHECK(retry.todo == (std::vector<planned_task>{{1, 2}, {2, 2}, {3, 1}, {4, 2}}));
  CHECK_EQ(retry.kept.size(), 1u);
}

SCENARIO("results are appended to the file, by one run at a time") {
  temp_folder folder;
  const auto out = folder.path() / "a/b";
  {
    auto opened = result_file::open(out);
    REQUIRE(std::holds_alternative<result_file>(opened));
    auto& file = std::get<result_file>(opened);
    CHECK(!file.append("one\n"));
    CHECK(!file.append("two\n"));
    CHECK_EQ(std::get<std::string>(file.read()), "one\ntwo\n");
    const auto second = result_file::open(out);
    REQUIRE(std::holds_alternative<std::error_code>(second));
    CHECK(std::get<std::error_code>(second) == std::errc::resource_unavailable_try_again);
  }
  auto again = result_file::open(out);
  REQUIRE(std::holds_alternative<result_file>(again));
  CHECK_EQ(std::get<std::string>(std::get<result_file>(again).read()), "one\ntwo\n");
  CHECK_EQ(content_of(results_path(out)), "one\ntwo\n");
}

SCENARIO("a results folder that cannot be made is an error") {
  temp_folder folder;
  const auto file = folder.write("file", "");
  const auto opened = result_file::open(file / "out");
  CHECK(std::holds_alternative<std::error_code>(opened));
}

SCENARIO("a full disk is an error, not a silent loss") {
  if (!fs::exists("/dev/full"))
    return;
  CHECK(replace_file("/no/such/folder/summary.json", "x"));
  temp_folder folder;
  fs::create_symlink("/dev/full", folder.path() / "results.jsonl");
  const auto opened = result_file::open(folder.path());
  REQUIRE(std::holds_alternative<result_file>(opened));
  CHECK(std::get<result_file>(opened).append("x\n") == std::errc::no_space_on_device);
}

SCENARIO("lines for which there is room in part only leave the file as it was") {
  temp_folder folder;
  const auto opened = result_file::open(folder.path());
  REQUIRE(std::holds_alternative<result_file>(opened));
  const auto& file = std::get<result_file>(opened);
  CHECK(!file.append("one\n"));
  {
    const file_size_bound bound{10};
    CHECK(file.append("two\nthree\nfour\n") == std::errc::file_too_large);
  }
  CHECK_EQ(content_of(results_path(folder.path())), "one\n");
  CHECK(!file.append("two\n"));
  CHECK_EQ(content_of(results_path(folder.path())), "one\ntwo\n");
}

SCENARIO("results that somebody removes while they are written are an error") {
  temp_folder folder;
  const auto opened = result_file::open(folder.path());
  REQUIRE(std::holds_alternative<result_file>(opened));
  const auto& file = std::get<result_file>(opened);
  CHECK(!file.append("one\n"));
  fs::remove(results_path(folder.path()));
  CHECK(file.append("two\n") == std::errc::no_such_file_or_directory);
}

SCENARIO("a summary file is replaced in one step") {
  temp_folder folder;
  const auto file = folder.write("summary.json", "old");
  CHECK(!replace_file(file, "new"));
  CHECK_EQ(content_of(file), "new");
  CHECK_EQ(std::distance(fs::directory_iterator{folder.path()}, {}), 1);
}

SCENARIO("a link in the way of a summary is not written through") {
  temp_folder folder;
  const auto file = folder.write("summary.json", "old");
  const auto victim = folder.write("victim", "untouched");
  fs::create_symlink(victim, file.string() + ".new");
  CHECK(!replace_file(file, "new"));
  CHECK_EQ(content_of(file), "new");
  CHECK_EQ(content_of(victim), "untouched");
  CHECK(!fs::is_symlink(file));
}

SCENARIO("a workspace is a copy of its template, made anew each time") {
  temp_folder folder;
  const auto script = folder.write("template/bin/run.sh", "#!/bin/sh\n");
  fs::permissions(script, fs::perms::owner_all);
  fs::create_symlink("bin/run.sh", folder.path() / "template/link");
  const auto target = workspace_path(folder.path() / "out", "7", 2);
  CHECK(target == folder.path() / "out/workspaces/7/attempt-2");
  folder.write("out/workspaces/7/attempt-2/left.txt", "of a killed run");
  CHECK_EQ(prepare_workspace(target, folder.path() / "template"), std::nullopt);
  CHECK(!fs::exists(target / "left.txt"));
  CHECK_EQ(content_of(target / "bin/run.sh"), "#!/bin/sh\n");
  CHECK((fs::status(target / "bin/run.sh").permissions() & fs::perms::owner_exec) !=
        fs::perms::none);
  CHECK(fs::is_symlink(target / "link"));
  CHECK_EQ(prepare_workspace(target, std::nullopt), std::nullopt);
  CHECK(fs::is_empty(target));
}

SCENARIO("a workspace that cannot be made says why") {
  temp_folder folder;
  const auto file = folder.write("file", "");
  const auto problem = prepare_workspace(file / "w", std::nullopt);
  REQUIRE(problem.has_value());
  CHECK(problem->starts_with("cannot create the workspace "));
  const auto no_template = prepare_workspace(folder.path() / "w", folder.path() / "none");
  REQUIRE(no_template.has_value());
  CHECK(no_template->ends_with("No such file or directory"));
}

SCENARIO("a folder is within itself and its parents") {
  temp_folder folder;
  CHECK(is_within(folder.path() / "a/b", folder.path()));
  CHECK(is_within(folder.path(), folder.path()));
  CHECK(is_within(folder.path() / "a/../b", folder.path()));
  CHECK(!is_within(folder.path() / "ab", folder.path() / "a"));
  CHECK(!is_within(folder.path(), folder.path() / "a"));
}

SCENARIO("a summary counts by status, model and tag") {
  std::vector<result_record> results;
  for (int i = 1; i <= 20; ++i) {
    auto x = a_result(a_task(std::to_string(i)), task_status::completed);
    x.duration = std::chrono::milliseconds{i * 100};
    x.usage = {1000, 100, 10, 1, 1010};
    x.model = i <= 5 ? "small" : "large";
    x.tags = i == 1 ? std::vector<std::string>{"odd", "first"} : std::vector<std::string>{};
    results.push_back(x);
  }
  results[19].status = task_status::failed;
  results[18].status = task_status::interrupted;
  results[18].duration = 1h;
  const auto summary = summarise(results);
  CHECK_EQ(summary.all.tasks, 20u);
  CHECK_EQ(summary.all.completed, 18u);
  CHECK_EQ(summary.all.failed, 1u);
  CHECK_EQ(summary.all.interrupted, 1u);
  CHECK_EQ(summary.all.usage.input_tokens, 20'000);
  CHECK(summary.all.median == 1000ms);
  CHECK(summary.all.p95 == 2000ms);
  CHECK_EQ(summary.models.at("small").tasks, 5u);
  CHECK(summary.models.at("small").median == 300ms);
  CHECK_EQ(summary.tags.at("odd").tasks, 1u);
  CHECK_EQ(summary.tags.at("first").completed, 1u);
  CHECK_EQ(
    summary_table(summary),
    "                               tasks completed  failed interrupted refused   input token"
    "s output tokens    median       p95\n"
    "all                               20        18       1           1       0         20,00"
    "0           200     1.00s     2.00s\n"
    "model large                       15        13       1           1       0         15,00"
    "0           150     1.20s     2.00s\n"
    "model small                        5         5       0           0       0          5,00"
    "0            50     300ms     500ms\n"
    "tag first                          1         1       0           0       0          1,00"
    "0            10     100ms     100ms\n"
    "tag odd                            1         1       0           0       0          1,00"
    "0            10     100ms     100ms\n");
}

SCENARIO("a summary of nothing has no figures") {
  const auto summary = summarise({});
  CHECK(summary.all == result_group{});
  CHECK_EQ(
    boost::json::serialize(summary_json(summary)),
    R"({"all":{"tasks":0,"completed":0,"failed":0,"interrupted":0,"refused":0,"usage":{"input_tokens":0,"cached_input_tokens":0,"output_tokens":0,"reasoning_output_tokens":0,"total_tokens":0},"duration_ms":{"median":0,"p95":0}},"models":{},"tags":{}})");
}
