#include "config/models_answer.hpp"

#include "config/catalogue.hpp"
#include "messages/json/document.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

namespace troupe::config {

namespace {

namespace json = boost::json;

using entry_result = std::variant<model_info, catalogue_error>;

/// How many warnings of one answer are worth reading.
constexpr std::size_t max_warnings = 20;

entry_result read_full_entry(const json::value& entry) {
  return parse_model(entry, catalogue_form::strict);
}

/// vLLM says how long a context it serves; others say nothing.
std::optional<std::int64_t> served_window(const json::object& entry) {
  const auto* value = entry.if_contains("max_model_len");
  const auto* number = value ? value->if_int64() : nullptr;
  return number && *number > 0 && *number <= max_token_count ? std::optional{*number}
                                                             : std::nullopt;
}

entry_result read_plain_entry(const json::value& entry) {
  const auto* object = entry.if_object();
  const auto* id = object ? object->if_contains("id") : nullptr;
  if (id == nullptr || !id->is_string())
    return catalogue_error{"(``): `id` is missing or has a wrong value"};
  auto result = fallback_model(std::string_view{id->get_string()});
  result.visibility = model_visibility::list;
  if (const auto window = served_window(*object))
    result.context_window = window;
  return result;
}

std::string_view trouble_with(const model_info& x) {
  if (x.slug.empty())
    return "has no slug";
  if (x.slug.size() > max_slug_bytes)
    return "has too long a slug";
  return {};
}

class answer_reader {
public:
  void add(std::string_view list, std::size_t index, entry_result entry) {
    if (const auto* problem = std::get_if<catalogue_error>(&entry))
      return leave_out(fmt::format("{}[{}] {}", list, index, problem->message));
    auto& model = std::get<model_info>(entry);
    if (const auto trouble = trouble_with(model); !trouble.empty())
      return leave_out(fmt::format("{}[{}] {}", list, index, trouble));
    const auto [known, is_new] = places_.try_emplace(model.slug, answer_.models.size());
    if (is_new)
      answer_.models.push_back(std::move(model));
    else
      answer_.models[known->second] = std::move(model);
  }

  void leave_out(std::string warning) {
    ++left_out_;
    if (answer_.warnings.size() < max_warnings)
      answer_.warnings.push_back(std::move(warning));
  }

  std::variant<models_answer, catalogue_error> finish() {
    if (answer_.models.empty() && left_out_ > 0)
      return catalogue_error{"no entry is usable: " + answer_.warnings.front()};
    if (left_out_ > max_warnings)
      answer_.warnings.push_back(
        fmt::format("{} more entries are not usable", left_out_ - max_warnings));
    return std::move(answer_);
  }

private:
  models_answer answer_;
  std::unordered_map<std::string, std::size_t> places_;
  std::size_t left_out_ = 0;
};

const json::array* list_in(const json::value& root, std::string_view name) {
  const auto* object = root.if_object();
  const auto* list = object ? object->if_contains(name) : nullptr;
  return list ? list->if_array() : nullptr;
}

std::variant<models_answer, catalogue_error> read_list(const json::array& list,
                                                       std::string_view name,
                                                       entry_result (*read)(const json::value&)) {
  answer_reader reader;
  const auto count = std::min(list.size(), max_listed_models);
  for (std::size_t i = 0; i < count; ++i)
    reader.add(name, i, read(list[i]));
  for (std::size_t i = count; i < list.size(); ++i)
    reader.leave_out(fmt::format("{}[{}] is one too many", name, i));
  return reader.finish();
}

} // namespace

std::variant<models_answer, catalogue_error> parse_models_answer(std::string_view text) {
  const json_document document{text};
  if (const auto* root = document.root())
    return parse_models_answer(*root);
  return catalogue_error{"not JSON"};
}

std::variant<models_answer, catalogue_error> parse_models_answer(const json::value& root) {
  if (const auto* models = list_in(root, "models"))
    return read_list(*models, "models", read_full_entry);
  if (const auto* data = list_in(root, "data"))
    return read_list(*data, "data", read_plain_entry);
  return catalogue_error{"no array `models` or `data`"};
}

} // namespace troupe::config
