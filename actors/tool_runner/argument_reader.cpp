#include "actors/tool_runner/argument_reader.hpp"

#include <boost/json/array.hpp>
#include <boost/json/string.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace troupe::tool_runner {

namespace {

std::optional<std::int64_t> whole_number(const boost::json::value& x) {
  constexpr double largest = 9007199254740992; // beyond it a double is no exact integer
  if (const auto* number = x.if_int64())
    return *number >= 0 ? std::optional{*number} : std::nullopt;
  const auto* real = x.if_double();
  if (real == nullptr || *real < 0 || *real > largest || std::trunc(*real) != *real)
    return std::nullopt;
  return static_cast<std::int64_t>(*real);
}

} // namespace

argument_reader::argument_reader(const boost::json::value& x) : object_(x.if_object()) {
  if (object_ == nullptr)
    complain("expected a JSON object");
}

std::string argument_reader::text(std::string_view name) {
  return required(optional_text(name), name);
}

std::optional<std::string> argument_reader::optional_text(std::string_view name) {
  const auto* x = find(name);
  if (x == nullptr)
    return std::nullopt;
  if (const auto* string = x->if_string())
    return std::string{string->data(), string->size()};
  complain(fmt::format("invalid type: `{}` must be a string", name));
  return std::nullopt;
}

std::optional<bool> argument_reader::optional_boolean(std::string_view name) {
  const auto* x = find(name);
  if (x == nullptr)
    return std::nullopt;
  if (const auto* boolean = x->if_bool())
    return *boolean;
  complain(fmt::format("invalid type: `{}` must be true or false", name));
  return std::nullopt;
}

std::optional<std::int64_t> argument_reader::optional_number(std::string_view name) {
  const auto* x = find(name);
  if (x == nullptr)
    return std::nullopt;
  if (const auto number = whole_number(*x))
    return number;
  complain(fmt::format("invalid type: `{}` must be a whole number of 0 or more", name));
  return std::nullopt;
}

std::int64_t argument_reader::number(std::string_view name) {
  return required(optional_number(name), name);
}

std::vector<std::string> argument_reader::texts(std::string_view name) {
  if (find(name) == nullptr)
    complain(fmt::format("missing field `{}`", name));
  return optional_texts(name);
}

std::vector<std::string> argument_reader::optional_texts(std::string_view name) {
  std::vector<std::string> result;
  const auto* x = find(name);
  if (x == nullptr)
    return result;
  const auto* list = x->if_array();
  const auto is_text = [](const boost::json::value& y) { return y.is_string(); };
  if (list == nullptr || !std::all_of(list->begin(), list->end(), is_text)) {
    complain(fmt::format("invalid type: `{}` must be an array of strings", name));
    return result;
  }
  for (const auto& y : *list)
    result.emplace_back(y.get_string().data(), y.get_string().size());
  return result;
}

const boost::json::array* argument_reader::array(std::string_view name) {
  const auto* x = find(name);
  const auto* result = x ? x->if_array() : nullptr;
  if (x == nullptr)
    complain(fmt::format("missing field `{}`", name));
  else if (result == nullptr)
    complain(fmt::format("invalid type: `{}` must be an array", name));
  return result;
}

void argument_reader::allow_only(std::initializer_list<std::string_view> names) {
  if (object_ == nullptr)
    return;
  for (const auto& member : *object_) {
    const std::string_view key{member.key().data(), member.key().size()};
    if (std::find(names.begin(), names.end(), key) == names.end())
      complain(fmt::format("unknown field `{}`", key));
  }
}

void argument_reader::complain(std::string text) {
  if (!complaint_)
    complaint_ = std::move(text);
}

const boost::json::value* argument_reader::find(std::string_view name) const {
  const auto* x = object_ ? object_->if_contains({name.data(), name.size()}) : nullptr;
  return x == nullptr || x->is_null() ? nullptr : x;
}

template <class T>
T argument_reader::required(std::optional<T> x, std::string_view name) {
  if (!x)
    complain(fmt::format("missing field `{}`", name));
  return std::move(x).value_or(T{});
}

} // namespace troupe::tool_runner
