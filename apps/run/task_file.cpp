#include "apps/run/task_file.hpp"

#include "apps/common/folder_check.hpp"
#include "apps/common/output_schema.hpp"
#include "apps/run/toml_tasks.hpp"
#include "config/text_file.hpp"

#include <boost/json/parse.hpp>
#include <fmt/format.h>
#include <map>
#include <set>
#include <unordered_map>

namespace troupe::run {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

/// Schemas nest deeper than the parser's usual 32 levels.
constexpr std::size_t max_json_depth = 256;

constexpr std::chrono::seconds folder_limit{10};

/// Collects problems and knows the file's name.
class problem_list {
public:
  explicit problem_list(std::string_view label) : label_(label) {}

  void add(std::uint32_t line, std::string_view text) {
    const auto [told, is_new] = told_.insert(fmt::format("{}:{}: {}\n", label_, line, text));
    // What [defaults] say wrong is not told again for each task.
    if (is_new && ++count_ <= task_file_problem::max_shown_problems)
      text_ += *told;
  }

  bool is_empty() const { return count_ == 0; }

  task_file_problem result() const {
    auto text = text_;
    if (count_ > task_file_problem::max_shown_problems)
      text += fmt::format("... and {} more\n", count_ - task_file_problem::max_shown_problems);
    return {std::move(text)};
  }

private:
  std::string label_;
  std::string text_;
  std::set<std::string> told_;
  std::size_t count_ = 0;
};

std::variant<std::vector<raw_task>, task_file_problem> parse_jsonl(std::string_view text,
                                                                   std::string_view label) {
  json::parse_options options;
  options.max_depth = max_json_depth;
  problem_list problems{label};
  std::vector<raw_task> out;
  for (std::uint32_t line = 1; !text.empty(); ++line) {
    const auto end = text.find('\n');
    const auto content = config::trimmed(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (content.empty())
      continue;
    json::error_code error;
    auto value = json::parse(content, error, {}, options);
    if (error)
      problems.add(line, fmt::format("not valid JSON: {}", error.message()));
    else if (!value.is_object())
      problems.add(line, "a task must be a JSON object");
    else
      out.push_back({std::move(value.get_object()), line});
  }
  if (!problems.is_empty())
    return problems.result();
  return out;
}

/// The second half of `load_tasks`: what needs the other tasks or the disk.
class task_list_builder {
public:
  explicit task_list_builder(std::string_view label) : problems_(label) {}

  void add(const raw_task& raw, const fs::path& base) {
    ++position_;
    auto read = read_task(raw, base);
    if (const auto* errors = std::get_if<std::vector<task_error>>(&read)) {
      for (const auto& error : *errors)
        problems_.add(error.line, error.text);
      return;
    }
    auto& checked = std::get<checked_task>(read);
    auto& value = checked.value;
    if (value.id.empty())
      value.id = fmt::to_string(position_);
    if (const auto [known, is_new] = lines_.try_emplace(value.id, value.line); !is_new)
      problems_.add(value.line,
                    fmt::format("id \"{}\" is taken by line {}", value.id, known->second));
    require_folder("cwd", value.cwd, value.line);
    require_folder("template", value.template_folder, value.line);
    if (const auto* file = std::get_if<schema_file>(&checked.schema))
      value.output_schema_json = schema_of(file->path, value.line);
    tasks_.push_back(std::move(value));
  }

  std::variant<std::vector<task>, task_file_problem> result() {
    if (problems_.is_empty() && tasks_.empty())
      problems_.add(1, "no task in this file");
    if (!problems_.is_empty())
      return problems_.result();
    return std::move(tasks_);
  }

private:
  void require_folder(std::string_view key, const std::optional<fs::path>& path,
                      std::uint32_t line) {
    if (!path)
      return;
    const auto [known, is_new] = folders_.try_emplace(path->string(), false);
    if (is_new && !has_lost_patience_) {
      const auto found = common::is_folder(*path, folder_limit);
      has_lost_patience_ = !found;
      known->second = found.value_or(true);
      if (!found)
        problems_.add(line,
                      fmt::format("\"{}\": {} has not answered for {} s: does it lie on a disk "
                                  "or share that is gone?",
                                  key, path->string(), folder_limit.count()));
    }
    if (!known->second && !has_lost_patience_)
      problems_.add(line, fmt::format("\"{}\": there is no folder {}", key, path->string()));
  }

  /// Many tasks share a schema: each file is read once, and its text exists once.
  shared_text schema_of(const fs::path& file, std::uint32_t line) {
    auto known = schemas_.find(file.string());
    if (known == schemas_.end())
      known = schemas_.emplace(file.string(), common::read_output_schema(file)).first;
    if (const auto* problem = std::get_if<common::schema_problem>(&known->second)) {
      problems_.add(line, problem->message);
      return {};
    }
    return std::get<shared_text>(known->second);
  }

  problem_list problems_;
  std::vector<task> tasks_;
  std::size_t position_ = 0;
  std::unordered_map<std::string, std::uint32_t> lines_; // by id
  std::unordered_map<std::string, bool> folders_;
  bool has_lost_patience_ = false; ///< one did not answer: no other one is asked
  std::map<std::string, std::variant<shared_text, common::schema_problem>> schemas_;
};

task_file_problem unreadable(const fs::path& file, std::string_view reason) {
  return {fmt::format("{}: {}\n", file.string(), reason)};
}

} // namespace

task_format format_of(const fs::path& file) {
  return file.extension() == ".toml" ? task_format::toml : task_format::jsonl;
}

std::variant<std::vector<raw_task>, task_file_problem>
parse_task_file(std::string_view text, task_format format, std::string_view label) {
  if (format == task_format::jsonl)
    return parse_jsonl(text, label);
  auto parsed = parse_toml_tasks(text, label);
  if (const auto* problem = std::get_if<toml_task_problem>(&parsed))
    return task_file_problem{problem->message + '\n'};
  return std::get<std::vector<raw_task>>(std::move(parsed));
}

std::variant<std::vector<task>, task_file_problem> load_tasks(const fs::path& file) {
  const auto text = config::read_text_file(file, max_task_file_bytes);
  if (const auto* error = std::get_if<std::error_code>(&text))
    return unreadable(file, error->message());
  auto raw = parse_task_file(std::get<std::string>(text), format_of(file), file.string());
  if (auto* problem = std::get_if<task_file_problem>(&raw))
    return std::move(*problem);
  std::error_code ignored;
  const auto base = fs::absolute(file, ignored).parent_path();
  task_list_builder builder{file.string()};
  for (const auto& entry : std::get<std::vector<raw_task>>(raw))
    builder.add(entry, base);
  return builder.result();
}

} // namespace troupe::run
