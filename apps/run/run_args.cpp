#include "apps/run/run_args.hpp"

#include "apps/common/agent_options.hpp"
#include "apps/common/metrics_option.hpp"

#include <charconv>
#include <CLI/App.hpp>
#include <CLI/Config.hpp> // defines what App.hpp only declares
#include <CLI/Formatter.hpp>
#include <cstdint>
#include <fmt/format.h>
#include <system_error>

namespace troupe::run {

namespace {

constexpr const char* description =
  R"(Run many tasks, each as an agent thread of its own, many at the same time. TASKS is a file of
JSON Lines or TOML: per task a prompt and, if wanted, id, cwd or template (a folder that is
copied to a fresh workspace), model, identity, mode, sandbox, output_schema and tags. A task
without cwd works in a workspace of its own below the results folder, and may write there.

Results are appended to results.jsonl as they come; the same command with --resume does only
what is missing. Ctrl-C stops cleanly and keeps what is finished.

Exit code: 0 when every task completed, 1 when one failed or output was lost, 2 for a wrong
command line; when the run was stopped 130 (Ctrl-C), 143 (SIGTERM) or 129 (SIGHUP).)";

constexpr const char* footer = R"(
A line of TASKS as JSON Lines:
  {"id":"fix-1","prompt":"Make the tests pass.","template":"broken-project","tags":["fix"]}
The same as TOML:
  [[task]]
  id = "fix-1"
  prompt = "Make the tests pass."
  template = "broken-project"
  tags = ["fix"]

Examples:
  troupe run tasks.jsonl --offline                   try it without key and network
  troupe run tasks.toml --concurrency 32 -m gpt-5.2-codex --out results/monday
  troupe run tasks.toml --out results/monday --resume --retry-failed
)";

constexpr const char* tasks_group = "Tasks";
constexpr const char* threads_group = "Threads";
constexpr const char* output_group = "Output";

/// A year: far above what a task takes, far below what a clock holds.
constexpr std::uint64_t max_timeout_seconds = 365 * 24 * 60 * 60;

/// What is wrong with the text; empty: nothing.
std::string wrong_time_limit(const std::string& text) {
  std::uint64_t seconds = 0;
  const auto* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, seconds);
  if (error == std::errc{} && rest == end && seconds > 0 && seconds <= max_timeout_seconds)
    return {};
  return fmt::format("\"{}\" is no time limit: it is a whole number of seconds, from 1 to {} (a "
                     "year)",
                     text, max_timeout_seconds);
}

std::filesystem::path default_out(const std::filesystem::path& tasks) {
  return tasks.stem().string() + "-results";
}

} // namespace

run_parser::run_parser(CLI::App& root) {
  app_ = root.add_subcommand("run", description);
  app_->footer(footer);
  app_->add_option("TASKS", tasks_, "File with the tasks; .toml is TOML, else JSON Lines");
  common::add_override_options(*app_, overrides_);
  add_task_options();
  add_thread_options();
  add_output_options();
}

void run_parser::add_task_options() {
  app_
    ->add_option("--concurrency", concurrency_,
                 "At most this many tasks at the same time (default 256)")
    ->type_name("N")
    ->check(CLI::Range(1, 100'000).description(""))
    ->group(tasks_group);
  app_
    ->add_option("--timeout", timeout_,
                 "Interrupt a task after this time and count it as failed (default: no limit)")
    ->type_name("SECONDS")
    ->check(wrong_time_limit)
    ->group(tasks_group);
  app_->add_flag("--resume", resume_)
    ->description("Go on with the results that are there: run what is missing, was interrupted or "
                  "reads differently now")
    ->group(tasks_group);
  app_->add_flag("--retry-failed", retry_failed_)
    ->description("With --resume: run failed tasks again as well")
    ->group(tasks_group);
}

void run_parser::add_thread_options() {
  app_->add_option("-m,--model", model_, "Model of the tasks that name none")
    ->type_name("NAME")
    ->group(threads_group);
  app_
    ->add_option("-s,--sandbox", sandbox_,
                 "Sandbox of the tasks that name none: read-only, workspace-write or "
                 "danger-full-access (default: as configured, but workspace-write in fresh "
                 "workspaces)")
    ->type_name("MODE")
    ->check(CLI::IsMember({"read-only", "workspace-write", "danger-full-access"}).description(""))
    ->group(threads_group);
  common::add_identity_option(*app_, threads_group, identity_);
  common::add_mode_option(*app_, threads_group, mode_);
  app_->add_option("-p,--profile", profile_, "Use the settings of this profile of config.toml")
    ->type_name("NAME")
    ->group(threads_group);
  app_
    ->add_option("--offline", offline_,
                 "Talk to a simulated model inside this process: no key, no network, no cost. "
                 "SCENARIO is the name of a built-in one or a file (docs/scenarios.md)")
    ->type_name("[SCENARIO]")
    ->expected(0, 1)
    ->group(threads_group);
  app_->add_option("--seed", seed_, "Seed of the simulated model; the same seed, the same run")
    ->type_name("NUMBER")
    ->group(threads_group);
  common::add_exchange_options(*app_, threads_group, exchanges_);
}

void run_parser::add_output_options() {
  app_
    ->add_option("--out", out_,
                 "Folder for results.jsonl, summary.json and the workspaces (default: the name of "
                 "TASKS with -results behind it, in the current directory)")
    ->type_name("DIR")
    ->group(output_group);
  app_->add_flag("--quiet", quiet_)
    ->description("No progress and no summary; only errors")
    ->group(output_group);
  app_->add_flag("--json", json_)
    ->description("Print each result on stdout as it is in results.jsonl; the summary goes to "
                  "stderr")
    ->group(output_group);
  common::add_metrics_option(*app_, output_group, metrics_port_);
}

run_args run_parser::finish() const {
  run_args out;
  out.overrides = overrides_;
  out.exchanges = exchanges_;
  out.metrics_port = metrics_port_;
  out.tasks = tasks_;
  if (app_->count("--offline") > 0)
    out.offline = offline_.value_or("");
  // `run --offline tasks.jsonl`: the word behind the option was meant as TASKS.
  if (tasks_.empty() && out.offline)
    out.tasks = std::exchange(*out.offline, {});
  if (out.tasks.empty())
    throw CLI::RequiredError("TASKS");
  if (retry_failed_ && !resume_)
    throw CLI::RequiresError("--retry-failed", "--resume");
  out.out = out_.empty() ? default_out(out.tasks) : std::filesystem::path{out_};
  out.concurrency = concurrency_;
  if (timeout_ > 0)
    out.task_timeout = std::chrono::seconds{timeout_};
  out.model = model_;
  out.profile = profile_;
  if (!sandbox_.empty())
    out.sandbox = parse_enum<troupe::sandbox_mode>(sandbox_);
  if (!identity_.empty())
    out.identity = parse_enum<identity_kind>(identity_);
  if (!mode_.empty())
    out.mode = parse_enum<mode_kind>(mode_);
  out.seed = seed_;
  out.resume = resume_;
  out.retry_failed = retry_failed_;
  out.quiet = quiet_;
  out.json = json_;
  return out;
}

} // namespace troupe::run
