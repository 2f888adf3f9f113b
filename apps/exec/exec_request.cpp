#include "apps/exec/exec_request.hpp"

#include "apps/common/image_file.hpp"
#include "apps/common/output_channel.hpp"
#include "apps/common/output_schema.hpp"
#include "apps/common/printable_text.hpp"
#include "apps/common/standard_streams.hpp"
#include "apps/exec/git_check.hpp"
#include "apps/exec/prompt.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <optional>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace troupe::exec {

namespace {

/// One step after the other; the first one that refuses ends it.
class request_builder {
public:
  request_builder(const exec_args& args, common::override_options root)
    : args_(args), root_(std::move(root)) {}

  std::variant<exec_request, request_refusal> build() {
    using step = std::optional<request_refusal> (request_builder::*)();
    for (const step next : {&request_builder::find_working_root, &request_builder::load_settings,
                            &request_builder::check_git, &request_builder::read_schema,
                            &request_builder::read_prompt})
      if (auto refused = (this->*next)())
        return *std::move(refused);
    for (const auto& image : args_.images)
      add_image(image);
    out_.input.items.emplace_back(text_input{out_.prompt});
    return std::move(out_);
  }

private:
  using refusal = std::optional<request_refusal>;

  refusal find_working_root() {
    auto found = common::working_root(args_.working_root);
    if (auto* problem = std::get_if<common::settings_problem>(&found))
      return request_refusal{std::move(problem->message)};
    cwd_ = std::get<std::filesystem::path>(std::move(found));
    return std::nullopt;
  }

  refusal load_settings() {
    auto override_levels = args_.overrides;
    override_levels.insert(override_levels.begin(), std::move(root_));
    auto overrides = common::joined_overrides(override_levels);
    if (const auto* error = std::get_if<config::config_error>(&overrides))
      return request_refusal{to_string(*error)};
    auto loaded = common::load_settings(
      {cwd_, std::get<std::vector<std::string>>(std::move(overrides)), typed_overrides(),
       args_.offline ? common::login_need::none : common::login_need::wanted});
    if (auto* problem = std::get_if<common::settings_problem>(&loaded))
      return request_refusal{std::move(problem->message)};
    out_.settings = std::get<common::loaded_settings>(std::move(loaded));
    warn_of_missing_roots();
    return std::nullopt;
  }

  /// Not refused: programs name folders that need not exist (contract exec-and-sdk.md 6).
  void warn_of_missing_roots() const {
    if (out_.settings.settings.sandbox_policy.mode != sandbox_mode::workspace_write)
      return;
    for (const auto& root : args_.writable_roots) {
      std::error_code error;
      if (!std::filesystem::is_directory(cwd_ / root, error))
        common::output_channel{STDERR_FILENO}.write(
          fmt::format("Warning: --add-dir {}: there is no such folder; in the sandbox no command "
                      "runs before it is made\n",
                      common::one_line(root)));
    }
  }

  /// Not refused: the turn goes on with a note in its place (contract exec-and-sdk.md 6, 13).
  void add_image(const std::string& file) {
    auto image = common::read_image(file);
    if (!image.problem.empty())
      common::output_channel{STDERR_FILENO}.write(
        fmt::format("Warning: --image {}: {}; the model gets a note in its place. Several images "
                    "are separated by commas, and the prompt stands before --image or behind --\n",
                    common::one_line(file), image.problem));
    out_.input.items.emplace_back(std::move(image));
  }

  config::typed_overrides typed_overrides() const {
    config::typed_overrides out;
    out.model = args_.model;
    out.profile = args_.profile;
    out.sandbox_mode = args_.sandbox;
    out.identity = args_.identity;
    out.collaboration_mode = args_.mode;
    out.additional_writable_roots = {args_.writable_roots.begin(), args_.writable_roots.end()};
    out.local_provider = args_.local_provider;
    if (args_.local_provider)
      out.show_raw_agent_reasoning = true;
    return out;
  }

  refusal check_git() {
    if (args_.skip_git_check || is_inside_git_work_tree(cwd_))
      return std::nullopt;
    return request_refusal{std::string{outside_git_message}};
  }

  refusal read_schema() {
    if (!args_.output_schema)
      return std::nullopt;
    auto schema = common::read_output_schema(*args_.output_schema);
    if (auto* problem = std::get_if<common::schema_problem>(&schema))
      return request_refusal{std::move(problem->message)};
    out_.input.output_schema_json = std::get<shared_text>(std::move(schema));
    return std::nullopt;
  }

  refusal read_prompt() {
    const auto kind = ::isatty(STDIN_FILENO) == 1 ? stdin_kind::terminal : stdin_kind::piped;
    const auto addition = args_.resume ? stdin_addition::ignore : stdin_addition::append;
    auto planned = plan_prompt(args_.prompt, kind, addition);
    if (auto* problem = std::get_if<prompt_refusal>(&planned))
      return request_refusal{std::move(problem->message)};
    const auto& plan = std::get<prompt_plan>(planned);
    if (!plan.notice.empty())
      common::output_channel{STDERR_FILENO}.write(plan.notice + '\n');
    auto bytes = stdin_bytes(plan);
    if (const auto* error = std::get_if<std::error_code>(&bytes))
      return request_refusal{unreadable_stdin(error->message()).message};
    auto prompt = finish_prompt(plan, args_.prompt, std::get<std::string>(bytes));
    if (auto* problem = std::get_if<prompt_refusal>(&prompt))
      return request_refusal{std::move(problem->message)};
    out_.prompt = std::get<std::string>(std::move(prompt));
    return std::nullopt;
  }

  static std::variant<std::string, std::error_code> stdin_bytes(const prompt_plan& plan) {
    if (plan.source == prompt_source::argument)
      return std::string{};
    return common::read_to_end(STDIN_FILENO, max_prompt_bytes);
  }

  const exec_args& args_;
  common::override_options root_;
  std::filesystem::path cwd_;
  exec_request out_;
};

} // namespace

std::variant<exec_request, request_refusal> prepare_request(const exec_args& args,
                                                            common::override_options root) {
  return request_builder{args, std::move(root)}.build();
}

} // namespace troupe::exec
