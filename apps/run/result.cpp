#include "apps/run/result.hpp"

#include "messages/json/writer.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace troupe::run {

namespace json = boost::json;

namespace {

json::value text_or_null(std::string_view text) {
  return text.empty() ? json::value(nullptr) : json::value(text);
}

json::object usage_json(const token_usage& x) {
  return {{"input_tokens", x.input_tokens},
          {"cached_input_tokens", x.cached_input_tokens},
          {"output_tokens", x.output_tokens},
          {"reasoning_output_tokens", x.reasoning_output_tokens},
          {"total_tokens", x.total_tokens}};
}

/// Reads the fields of one object; a field that is missing or of another type leaves a mark.
class field_reader {
public:
  explicit field_reader(const json::object& fields) : fields_(fields) {}

  std::string text(std::string_view key) {
    const auto* field = find(key);
    return field != nullptr && field->is_string() ? std::string{field->get_string()} : fail();
  }

  std::optional<std::string> optional_text(std::string_view key) {
    const auto* field = find(key);
    if (field != nullptr && field->is_null())
      return std::nullopt;
    return text(key);
  }

  std::int64_t number(std::string_view key) {
    const auto* field = find(key);
    if (field != nullptr && field->is_int64())
      return field->get_int64();
    fail();
    return 0;
  }

  /// 0 where it is missing: older programs did not write it.
  std::uint64_t optional_number(std::string_view key) {
    return find(key) == nullptr
             ? 0
             : static_cast<std::uint64_t>(std::max<std::int64_t>(number(key), 0));
  }

  std::vector<std::string> texts(std::string_view key) {
    std::vector<std::string> out;
    const auto* field = find(key);
    if (field == nullptr || !field->is_array())
      fail();
    else
      for (const auto& x : field->get_array())
        out.push_back(x.is_string() ? std::string{x.get_string()} : fail());
    return out;
  }

  token_usage usage(std::string_view key) {
    const auto* field = find(key);
    if (field == nullptr || !field->is_object()) {
      fail();
      return {};
    }
    field_reader inner{field->get_object()};
    token_usage out{inner.number("input_tokens"), inner.number("cached_input_tokens"),
                    inner.number("output_tokens"), inner.number("reasoning_output_tokens"),
                    inner.number("total_tokens")};
    failed_ = failed_ || inner.failed_;
    return out;
  }

  bool failed() const { return failed_; }

private:
  const json::value* find(std::string_view key) const { return fields_.if_contains(key); }

  std::string fail() {
    failed_ = true;
    return {};
  }

  const json::object& fields_;
  bool failed_ = false;
};

} // namespace

std::string print_result(const result_record& x) {
  json::array tags;
  for (const auto& tag : x.tags)
    tags.emplace_back(tag);
  const json::object out{
    {"id", x.id},
    {"status", to_text(x.status)},
    {"attempt", x.attempt},
    {"final_message", x.final_message ? json::value(*x.final_message) : json::value(nullptr)},
    {"error", text_or_null(x.error)},
    {"usage", usage_json(x.usage)},
    {"refused", x.refused},
    {"duration_ms", x.duration.count()},
    {"model", x.model},
    {"tags", std::move(tags)},
    {"thread_id", x.thread_id},
    {"rollout_path", text_or_null(x.rollout_path)},
    {"workspace", x.workspace},
    {"started_at", x.started_at},
    {"fingerprint", x.fingerprint}};
  std::string line;
  append_json(line, out);
  return line += '\n';
}

std::optional<result_record> parse_result(std::string_view line) {
  json::error_code error;
  const auto value = json::parse(line, error);
  if (error || !value.is_object())
    return std::nullopt;
  field_reader fields{value.get_object()};
  result_record out;
  out.id = fields.text("id");
  const auto status = parse_enum<task_status>(fields.text("status"));
  out.status = status.value_or(task_status::failed);
  out.attempt = static_cast<std::uint32_t>(fields.number("attempt"));
  out.final_message = fields.optional_text("final_message");
  out.error = fields.optional_text("error").value_or("");
  out.usage = fields.usage("usage");
  out.refused = fields.optional_number("refused");
  out.duration = std::chrono::milliseconds{fields.number("duration_ms")};
  out.model = fields.text("model");
  out.tags = fields.texts("tags");
  out.thread_id = fields.text("thread_id");
  out.rollout_path = fields.optional_text("rollout_path").value_or("");
  out.workspace = fields.text("workspace");
  out.started_at = fields.text("started_at");
  out.fingerprint = fields.text("fingerprint");
  if (!status || fields.failed())
    return std::nullopt;
  return out;
}

} // namespace troupe::run
