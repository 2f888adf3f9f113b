#include "apps/sim/schema_instance.hpp"
#include "apps/sim/utf8.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

namespace troupe::sim {

namespace {

namespace json = boost::json;

constexpr std::size_t max_depth = 32;
constexpr std::size_t max_values = 2000;
constexpr std::size_t max_schema_bytes = 256 * 1024;
constexpr std::int64_t max_count = 1000; // of elements, members, characters
/// From here on `null` is taken where it is allowed, so that recursive schemas end.
constexpr std::size_t shallow_depth = 6;

struct named_text {
  std::string_view name;
  std::string_view text;
};

// clang-format off
constexpr auto formats = std::to_array<named_text>({
  {"date-time", "2026-01-01T00:00:00Z"}, {"date", "2026-01-01"}, {"time", "00:00:00Z"},
  {"duration", "P1D"}, {"email", "name@example.com"}, {"hostname", "example.com"},
  {"ipv4", "192.0.2.1"}, {"ipv6", "2001:db8::1"}, {"uri", "https://example.com/"},
  {"uuid", "00000000-0000-4000-8000-000000000000"}});
// clang-format on

const json::value* member(const json::object& x, std::string_view key) {
  return x.if_contains(key);
}

std::string_view text_of(const json::object& x, std::string_view key) {
  const auto* found = member(x, key);
  const auto* text = found == nullptr ? nullptr : found->if_string();
  return text == nullptr ? std::string_view{} : std::string_view{*text};
}

std::optional<double> number_of(const json::object& x, std::string_view key) {
  const auto* found = member(x, key);
  if (found == nullptr || !found->is_number())
    return std::nullopt;
  return found->to_number<double>();
}

std::int64_t count_of(const json::object& x, std::string_view key, std::int64_t fallback) {
  const auto found = number_of(x, key);
  return found ? static_cast<std::int64_t>(std::clamp(*found, 0.0, static_cast<double>(max_count)))
               : fallback;
}

bool allows_null(const json::value& schema) {
  const auto* object = schema.if_object();
  return object != nullptr && text_of(*object, "type") == "null";
}

// `more` on top of `base`: lists of required names join, members of properties too.
json::object merged(json::object base, const json::object& more) {
  for (const auto& [key, value] : more) {
    auto* known = base.if_contains(key);
    if (known != nullptr && key == "required" && known->is_array() && value.is_array()) {
      for (const auto& name : value.get_array())
        known->get_array().push_back(name);
    } else if (known != nullptr && key == "properties" && known->is_object() && value.is_object()) {
      for (const auto& [name, schema] : value.get_object())
        known->get_object()[name] = schema;
    } else {
      base[key] = value;
    }
  }
  return base;
}

class generator {
public:
  explicit generator(const json::value& root) : root_(root) {}

  json::value make(const json::value& schema, std::string_view name, std::size_t depth) {
    const auto* object = schema.if_object();
    if (++values_ > max_values || object == nullptr || depth > max_depth)
      return nullptr;
    for (const std::string_view key : {"const", "default"})
      if (const auto* fixed = member(*object, key))
        return *fixed;
    const auto* words = member(*object, "enum");
    if (words != nullptr && words->is_array() && !words->get_array().empty())
      return words->get_array().front();
    if (const auto reference = text_of(*object, "$ref"); !reference.empty())
      return make_referred(*object, reference, name, depth);
    if (auto joined = with_options(*object, depth))
      return make(*joined, name, depth + 1);
    return make_typed(*object, type_of(*object, depth), name, depth);
  }

private:
  // Members beside `$ref` count as well.
  json::value make_referred(const json::object& schema, std::string_view reference,
                            std::string_view name, std::size_t depth) {
    const auto* target = resolve(reference);
    const auto* object = target == nullptr ? nullptr : target->if_object();
    if (object == nullptr)
      return nullptr;
    auto rest = schema;
    rest.erase("$ref");
    return make(merged(*object, rest), name, depth + 1);
  }

  const json::value* resolve(std::string_view reference) const {
    if (!reference.starts_with('#'))
      return nullptr;
    boost::system::error_code error;
    const auto* found = root_.find_pointer(reference.substr(1), error);
    return error ? nullptr : found;
  }

  // The schema with its combinations written out; none when it has no combination.
  static std::optional<json::value> with_options(const json::object& schema, std::size_t depth) {
    if (const auto* all = list_of(schema, "allOf")) {
      auto result = schema;
      result.erase("allOf");
      for (const auto& part : *all)
        if (const auto* object = part.if_object())
          result = merged(std::move(result), *object);
      return result;
    }
    for (const std::string_view key : {"anyOf", "oneOf"}) {
      const auto* options = list_of(schema, key);
      if (options == nullptr)
        continue;
      const auto fits = [&](const json::value& x) {
        return allows_null(x) == (depth >= shallow_depth);
      };
      const auto chosen = std::find_if(options->begin(), options->end(), fits);
      const auto& option = chosen == options->end() ? options->front() : *chosen;
      auto result = schema;
      result.erase(key);
      return option.is_object() ? merged(std::move(result), option.get_object()) : result;
    }
    return std::nullopt;
  }

  static const json::array* list_of(const json::object& schema, std::string_view key) {
    const auto* found = member(schema, key);
    const auto* list = found == nullptr ? nullptr : found->if_array();
    return list == nullptr || list->empty() ? nullptr : list;
  }

  static std::string_view type_of(const json::object& schema, std::size_t depth) {
    if (const auto* types = list_of(schema, "type")) {
      for (const auto& type : *types)
        if (type.is_string() && (type.get_string() == "null") == (depth >= shallow_depth))
          return type.get_string();
      return types->front().is_string() ? std::string_view{types->front().get_string()}
                                        : std::string_view{};
    }
    if (const auto type = text_of(schema, "type"); !type.empty())
      return type;
    if (member(schema, "properties") != nullptr || member(schema, "required") != nullptr)
      return "object";
    if (member(schema, "items") != nullptr || member(schema, "prefixItems") != nullptr)
      return "array";
    return member(schema, "minimum") != nullptr ? "number" : "string";
  }

  json::value make_typed(const json::object& schema, std::string_view type, std::string_view name,
                         std::size_t depth) {
    if (type == "object")
      return make_object(schema, depth);
    if (type == "array")
      return make_array(schema, name, depth);
    if (type == "string")
      return make_string(schema, name);
    if (type == "integer" || type == "number")
      return make_number(schema, type == "integer" ? 1.0 : 0.0);
    if (type == "boolean")
      return false;
    return nullptr;
  }

  json::value make_object(const json::object& schema, std::size_t depth) {
    json::object result;
    const auto* properties = member(schema, "properties");
    const auto* more = member(schema, "additionalProperties");
    const auto schema_of = [&](std::string_view name) {
      const auto* known = properties == nullptr || !properties->is_object()
                            ? nullptr
                            : properties->get_object().if_contains(name);
      return known != nullptr ? *known : more != nullptr ? *more : json::value(json::object{});
    };
    if (const auto* required = list_of(schema, "required"))
      for (const auto& name : *required)
        if (name.is_string() && !is_exhausted() && !result.contains(name.get_string()))
          result[name.get_string()] =
            make(schema_of(name.get_string()), name.get_string(), depth + 1);
    const auto least = static_cast<std::size_t>(count_of(schema, "minProperties", 0));
    for (std::size_t i = 1; result.size() < least && i <= 2 * least; ++i) {
      const auto name = fmt::format("key_{}", i);
      if (!result.contains(name))
        result[name] = make(schema_of(name), name, depth + 1);
    }
    return result;
  }

  json::value make_array(const json::object& schema, std::string_view name, std::size_t depth) {
    json::array result;
    const auto* first = list_of(schema, "prefixItems");
    const json::value anything(json::object{});
    const auto* items = member(schema, "items");
    const auto& rest = items == nullptr ? anything : *items;
    const auto least = static_cast<std::size_t>(count_of(schema, "minItems", 0));
    for (std::size_t i = 0; i < least && !is_exhausted(); ++i) {
      // Numbered names keep the elements different, should they have to be unique.
      const auto element = fmt::format("{}_{}", name, i + 1);
      const bool in_front = first != nullptr && i < first->size();
      result.push_back(make(in_front ? (*first)[i] : rest, element, depth + 1));
    }
    return result;
  }

  static json::value make_string(const json::object& schema, std::string_view name) {
    const auto format = text_of(schema, "format");
    const auto known = std::ranges::find(formats, format, &named_text::name);
    std::string result{known != formats.end() ? known->text : name};
    const auto least = static_cast<std::size_t>(count_of(schema, "minLength", 0));
    const auto most = static_cast<std::size_t>(count_of(schema, "maxLength", max_count));
    if (result.size() < least)
      result.append(least - result.size(), 'x');
    return json::string(utf8_prefix(result, most));
  }

  // `step`: 1 for integers, 0 for numbers.
  static json::value make_number(const json::object& schema, double step) {
    step = number_of(schema, "multipleOf").value_or(step);
    const auto gap = step > 0 ? step : 0.5; // how far inside an exclusive bound
    auto least = number_of(schema, "minimum");
    auto most = number_of(schema, "maximum");
    if (const auto bound = number_of(schema, "exclusiveMinimum"))
      least = std::max(least.value_or(*bound), std::floor(*bound / gap) * gap + gap);
    if (const auto bound = number_of(schema, "exclusiveMaximum"))
      most = std::min(most.value_or(*bound), std::ceil(*bound / gap) * gap - gap);
    double result = 0;
    if (least && result < *least)
      result = step > 0 ? std::ceil(*least / step) * step : *least;
    else if (most && result > *most)
      result = step > 0 ? std::floor(*most / step) * step : *most;
    if (std::abs(result) < 1e15 && result == std::floor(result))
      return static_cast<std::int64_t>(result);
    return std::isfinite(result) ? json::value(result) : json::value(0);
  }

  bool is_exhausted() const { return values_ > max_values; }

  const json::value& root_;
  std::size_t values_ = 0;
};

} // namespace

std::string schema_instance(std::string_view raw_schema) {
  if (raw_schema.size() > max_schema_bytes)
    return "{}";
  boost::system::error_code error;
  json::parse_options options;
  options.max_depth = 64;
  const auto schema = json::parse(raw_schema, error, {}, options);
  if (error)
    return "{}";
  return json::serialize(generator{schema}.make(schema, "text", 0));
}

} // namespace troupe::sim
