#include "apps/exec/exec_options.hpp"

#include "apps/common/agent_options.hpp"
#include "apps/common/metrics_option.hpp"

#include <CLI/App.hpp>

namespace troupe::exec {

namespace {

constexpr const char* unavailable_options[] = {"--strict-config", "--approve-for-me", "--worktree",
                                               "--trust", "--ignore-user-config"};

/// A flag that is asked for by name.
void add_switch(CLI::App& app, const char* names, const char* group, const char* help) {
  app.add_flag(names)->description(help)->group(group);
}

void add_input_options(CLI::App& app, exec_options& x, image_words words) {
  app
    .add_option("-i,--image", x.images,
                words == image_words::greedy
                  ? "Attach images to the prompt. Takes all words up to the next option, and "
                    "commas separate paths, so put the prompt first or behind --"
                  : "Attach an image to the prompt; commas separate paths. May be repeated")
    ->type_name("FILE")
    ->delimiter(',')
    ->allow_extra_args(words == image_words::greedy)
    ->group("Input");
  app.add_option("-C,--cd", x.working_root, "Work in this directory instead of the current one")
    ->type_name("DIR")
    ->group("Input");
  app
    .add_option("--output-schema", x.output_schema,
                "JSON Schema (a file) that the final message must follow. The model is held to "
                "it; the answer is not checked again here")
    ->type_name("FILE")
    ->group("Input");
}

void add_model_options(CLI::App& app, exec_options& x) {
  app.add_option("-m,--model", x.model, "Model to use instead of the configured one")
    ->type_name("NAME")
    ->group("Model");
  add_switch(app, "--oss", "Model", "Use a model served on this machine");
  app.add_option("--local-provider", x.local_provider, "Which local server --oss means")
    ->type_name("lmstudio|ollama")
    ->check(CLI::IsMember({"lmstudio", "ollama"}).description(""))
    ->group("Model");
  app
    .add_flag("--offline", x.offline,
              "Talk to a simulated model inside this process: no key, no network, no cost. "
              "--offline=FILE plays a scenario of yours (docs/scenarios.md)")
    ->group("Model");
  app.add_option("--seed", x.seed, "Seed of the simulated model; the same seed, the same run")
    ->type_name("NUMBER")
    ->group("Model");
  common::add_exchange_options(app, "Model", x.exchanges);
}

void add_agent_options(CLI::App& app, exec_options& x) {
  common::add_identity_option(app, "Agent", x.identity);
  common::add_mode_option(app, "Agent", x.mode);
}

void add_permission_options(CLI::App& app, exec_options& x) {
  app
    .add_option("-s,--sandbox", x.sandbox,
                "What commands of the model may touch: read-only, workspace-write (the working "
                "directory and temporary files, no network) or danger-full-access")
    ->type_name("MODE")
    ->check(CLI::IsMember({"read-only", "workspace-write", "danger-full-access"}).description(""))
    ->group("Permissions");
  add_switch(app, "--full-auto", "Permissions", "Short for -s workspace-write");
  add_switch(app, "--dangerously-bypass-approvals-and-sandbox,--yolo", "Permissions",
             "No sandbox and no Git check at all; only where the machine itself is the sandbox");
  app
    .add_option("--add-dir", x.writable_roots,
                "Another directory that workspace-write may write to. May be repeated")
    ->type_name("DIR")
    ->allow_extra_args(false)
    ->group("Permissions");
  add_switch(app, "--skip-git-repo-check", "Permissions",
             "Also run outside of a Git repository, where changes cannot be taken back");
}

void add_output_options(CLI::App& app, exec_options& x) {
  add_switch(app, "--json,--experimental-json", "Output", "One JSON event per line on stdout");
  app
    .add_option("-o,--output-last-message", x.last_message_file,
                "Write the final message to this file as well")
    ->type_name("FILE")
    ->group("Output");
  app.add_option("--color", x.color, "Colours in the text output: always, never or auto")
    ->type_name("WHEN")
    ->check(CLI::IsMember({"always", "never", "auto"}).description(""))
    ->group("Output");
  add_switch(app, "--ephemeral", "Output", "Keep no file of the thread; it cannot be resumed");
  common::add_metrics_option(app, "Output", x.metrics_port);
}

/// Clients pass these; they change nothing that Troupe does.
void add_compatibility_options(CLI::App& app, exec_options& x) {
  constexpr const char* group = "Accepted, without effect";
  app.add_option("--thread-source", x.ignored, "A label that the SDK passes")
    ->type_name("SOURCE")
    ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)
    ->group(group);
  app.add_option("--cyber-access-program", x.ignored, "A label that the SDK passes")
    ->type_name("PROGRAM")
    ->check(CLI::IsMember({"standard", "daybreak_blue", "daybreak_red"}).description(""))
    ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)
    ->group(group);
  add_switch(app, "--dangerously-bypass-hook-trust", group, "Troupe runs no hooks");
  add_switch(app, "--ignore-rules", group, "Troupe reads no command rules");
  for (const auto* name : unavailable_options)
    add_switch(app, name, "", "Not available yet"); // hidden from --help
}

} // namespace

bool exec_options::has(const char* option) const {
  return app != nullptr && app->count(option) > 0;
}

void add_exec_options(CLI::App& app, exec_options& into, image_words words) {
  into.app = &app;
  common::add_override_options(app, into.overrides);
  app
    .add_option("-p,--profile", into.profile,
                "Use the settings of this profile of config.toml on top of the others")
    ->type_name("NAME")
    ->group("Configuration");
  add_input_options(app, into, words);
  add_model_options(app, into);
  add_agent_options(app, into);
  add_permission_options(app, into);
  add_output_options(app, into);
  add_compatibility_options(app, into);
}

std::span<const char* const> unavailable_exec_options() {
  return unavailable_options;
}

} // namespace troupe::exec
