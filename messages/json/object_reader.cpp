#include "messages/json/object_reader.hpp"

namespace troupe {

namespace {

std::string_view view(const boost::json::string& x) {
  return {x.data(), x.size()};
}

} // namespace

object_reader::object_reader(const boost::json::value& x) : object_(x.if_object()) {
  failed_ = object_ == nullptr;
}

const boost::json::value* object_reader::find(std::string_view name) const {
  return object_ ? object_->if_contains({name.data(), name.size()}) : nullptr;
}

const boost::json::value* object_reader::find_optional(std::string_view name) const {
  const auto* x = find(name);
  return x && !x->is_null() ? x : nullptr;
}

std::optional<std::string_view> object_reader::optional_text(std::string_view name) {
  const auto* x = find_optional(name);
  if (!x)
    return std::nullopt;
  if (const auto* text = x->if_string())
    return view(*text);
  fail();
  return std::nullopt;
}

std::optional<std::int64_t> object_reader::optional_integer(std::string_view name) {
  const auto* x = find_optional(name);
  if (!x)
    return std::nullopt;
  if (const auto* number = x->if_int64())
    return *number;
  fail(); // a real, or a number beyond 64 bits with a sign
  return std::nullopt;
}

std::optional<bool> object_reader::optional_boolean(std::string_view name) {
  const auto* x = find_optional(name);
  if (!x)
    return std::nullopt;
  if (const auto* value = x->if_bool())
    return *value;
  fail();
  return std::nullopt;
}

const boost::json::array* object_reader::optional_array(std::string_view name) {
  const auto* x = find_optional(name);
  if (x && !x->is_array())
    fail();
  return x ? x->if_array() : nullptr;
}

const boost::json::object* object_reader::optional_object(std::string_view name) {
  const auto* x = find_optional(name);
  if (x && !x->is_object())
    fail();
  return x ? x->if_object() : nullptr;
}

std::string_view object_reader::text(std::string_view name) {
  return required(optional_text(name));
}

std::int64_t object_reader::integer(std::string_view name) {
  return required(optional_integer(name));
}

double object_reader::real(std::string_view name) {
  const auto* x = find_optional(name);
  if (x && x->is_double())
    return x->get_double();
  if (x && x->is_int64())
    return static_cast<double>(x->get_int64());
  if (x && x->is_uint64())
    return static_cast<double>(x->get_uint64());
  fail();
  return 0;
}

bool object_reader::boolean(std::string_view name) {
  return required(optional_boolean(name));
}

const boost::json::array& object_reader::array(std::string_view name) {
  static const boost::json::array empty;
  const auto* x = optional_array(name);
  if (!x)
    fail();
  return x ? *x : empty;
}

} // namespace troupe
