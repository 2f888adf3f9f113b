#include "apps/exec/exec_args.hpp"

#include "apps/common/version.hpp"

#include <array>
#include <CLI/App.hpp>
#include <CLI/Config.hpp> // defines what App.hpp only declares
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

namespace troupe::exec {

namespace {

constexpr const char* exec_description =
  R"(Run one turn of an agent without asking questions. The prompt goes in, the agent works until
it is done, its final message comes out on stdout. What it does meanwhile is told on stderr,
or with --json on stdout as one JSON event per line.

Exit code: 0 when the turn completed, 1 when it failed, its output was lost or Ctrl-C stopped
it, 2 for a wrong command line, 143 after SIGTERM, 129 after SIGHUP.)";

constexpr const char* exec_footer = R"(
Examples:
  troupe exec "explain this repository"
  git diff | troupe exec "review this change"        stdin goes along with the prompt
  troupe exec "build this page" -s workspace-write -i sketch.png
  troupe exec --json resume --last "now the tests"   go on with the last thread of this directory
  troupe exec --identity reviewer "is HEAD~1 sound?"   an agent that reads and reports
  troupe exec --offline "a first try"                without key and network
)";

constexpr const char* resume_description =
  R"(Go on with a stored thread. The prompt becomes its next turn. Model, sandbox and working
directory are those of this command line, not those of the earlier turns.)";

/// The levels of the command line on which an option may stand, from left to right.
using levels = std::array<const exec_options*, 2>;

bool given(const levels& all, const char* option) {
  return all[0]->has(option) || all[1]->has(option);
}

/// The value on the rightmost level that has the option.
template <class T>
std::optional<T> last_given(const levels& all, const char* option, T exec_options::*member) {
  for (const auto* level : {all[1], all[0]})
    if (level->has(option))
      return level->*member;
  return std::nullopt;
}

std::vector<std::string> concatenated(const levels& all,
                                      std::vector<std::string> exec_options::*member) {
  auto out = all[0]->*member;
  out.insert(out.end(), (all[1]->*member).begin(), (all[1]->*member).end());
  return out;
}

/// Of a text that the command line has checked.
template <wire_enum Enum>
std::optional<Enum> parsed(const std::optional<std::string>& text) {
  return text ? parse_enum<Enum>(*text) : std::nullopt;
}

std::optional<troupe::sandbox_mode> sandbox_of(const levels& all) {
  if (given(all, "--yolo"))
    return sandbox_mode::danger_full_access;
  if (given(all, "--full-auto"))
    return sandbox_mode::workspace_write;
  return parsed<troupe::sandbox_mode>(last_given(all, "--sandbox", &exec_options::sandbox));
}

common::color_choice color_of(const levels& all) {
  const auto text = last_given(all, "--color", &exec_options::color);
  if (text == "always")
    return common::color_choice::always;
  return text == "never" ? common::color_choice::never : common::color_choice::automatic;
}

/// `--oss` with its server; none without `--oss`.
std::optional<std::string> local_provider_of(const levels& all) {
  if (!given(all, "--oss"))
    return std::nullopt;
  return last_given(all, "--local-provider", &exec_options::local_provider).value_or("");
}

/// A bare flag reads as "true" and means the built-in scenario.
std::optional<std::string> offline_of(const levels& all) {
  auto text = last_given(all, "--offline", &exec_options::offline);
  if (text == "true")
    text->clear();
  return text;
}

/// Those of the rightmost level that has any.
common::exchange_options exchanges_of(const levels& all) {
  const auto& inner = all[1]->exchanges;
  return inner.record || inner.replay ? inner : all[0]->exchanges;
}

} // namespace

exec_parser::exec_parser(CLI::App& root) {
  app_ = root.add_subcommand("exec", exec_description)->alias("e");
  app_->footer(exec_footer);
  app_->set_version_flag("-V,--version", fmt::format("troupe {}", common::program_version()));
  app_->add_option("PROMPT", prompt_,
                   "What the agent is to do; - or nothing reads it from stdin. With a prompt, "
                   "piped stdin is added to it");
  add_exec_options(*app_, options_, image_words::greedy);
  add_resume();
  add_unavailable("review", "Review changes (not available yet)");
  add_unavailable("fork", "Continue a copy of a stored thread (not available yet)");
}

void exec_parser::add_resume() {
  resume_ = app_->add_subcommand("resume", resume_description);
  resume_->add_option("SESSION_ID", target_.session,
                      "Id or name of the thread. With --last the first word is the prompt");
  resume_->add_option("PROMPT", resume_prompt_, "As for exec");
  resume_->add_flag("--last", target_.last,
                    "The most recently updated thread of this directory and model provider");
  resume_->add_flag("--all", target_.all, "With --last: of any directory");
  add_exec_options(*resume_, resume_options_, image_words::one);
}

void exec_parser::add_unavailable(const char* name, const char* description) {
  app_->add_subcommand(name, description)->allow_extras()->prefix_command();
}

std::optional<std::string> exec_parser::refusal() const {
  for (const auto* name : {"review", "fork"})
    if (app_->got_subcommand(name))
      return fmt::format("`troupe exec {}` is not available yet", name);
  for (const auto* name : unavailable_exec_options())
    if (options_.has(name) || resume_options_.has(name))
      return fmt::format("{} is not available yet", name);
  return std::nullopt;
}

exec_args exec_parser::finish() const {
  const levels all{&options_, &resume_options_};
  if (given(all, "--yolo") && given(all, "--full-auto"))
    throw CLI::ExcludesError("--dangerously-bypass-approvals-and-sandbox", "--full-auto");
  exec_args out;
  out.overrides = {options_.overrides, resume_options_.overrides};
  out.prompt = prompt_;
  out.images = concatenated(all, &exec_options::images);
  out.model = last_given(all, "--model", &exec_options::model);
  out.profile = last_given(all, "--profile", &exec_options::profile);
  out.local_provider = local_provider_of(all);
  out.identity = parsed<identity_kind>(last_given(all, "--identity", &exec_options::identity));
  out.mode = parsed<mode_kind>(last_given(all, "--mode", &exec_options::mode));
  out.sandbox = sandbox_of(all);
  out.working_root = last_given(all, "--cd", &exec_options::working_root);
  out.writable_roots = concatenated(all, &exec_options::writable_roots);
  out.output_schema = last_given(all, "--output-schema", &exec_options::output_schema);
  out.last_message_file =
    last_given(all, "--output-last-message", &exec_options::last_message_file);
  out.color = color_of(all);
  out.skip_git_check = given(all, "--skip-git-repo-check") || given(all, "--yolo");
  out.ephemeral = given(all, "--ephemeral");
  out.json = given(all, "--json");
  out.offline = offline_of(all);
  out.seed = last_given(all, "--seed", &exec_options::seed);
  out.exchanges = exchanges_of(all);
  out.metrics_port = all[1]->metrics_port ? all[1]->metrics_port : all[0]->metrics_port;
  out.refusal = refusal();
  if (app_->got_subcommand(resume_)) {
    out.resume = target_;
    auto prompt = resume_prompt_;
    // With --last there is no id to name, so a single word is the prompt.
    if (target_.last && target_.session && !prompt)
      prompt = std::exchange(out.resume->session, std::nullopt);
    if (prompt)
      out.prompt = prompt;
  }
  return out;
}

} // namespace troupe::exec
