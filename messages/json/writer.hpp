#pragma once

#include <boost/json/fwd.hpp>

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

/// Writes compact JSON straight into a string. What is written on every turn (items, rollout
/// events, request parts) goes through here; building a tree first costs several times as much.
namespace troupe {

/// Appends `text` as a JSON string, quotes included. The result is valid UTF-8 for any input: every
/// byte that is not part of a well-formed character becomes U+FFFD, so that one bad byte of a
/// tool's output never makes a rollout line or a request unreadable.
void append_json_string(std::string& out, std::string_view text);

/// Appends a tree in compact form, numbers as `json_writer` writes them.
void append_json(std::string& out, const boost::json::value& x);
void append_json(std::string& out, const boost::json::object& x);

/// Sets the commas between members and elements; the caller keeps brackets balanced and names every
/// member of an object. Keeps a reference to the string it appends to.
class json_writer {
public:
  explicit json_writer(std::string& out) : out_(out) {}

  json_writer& begin_object() { return open('{'); }
  json_writer& end_object() { return close('}'); }
  json_writer& begin_array() { return open('['); }
  json_writer& end_array() { return close(']'); }

  /// The name of the next member.
  json_writer& key(std::string_view name);

  json_writer& text(std::string_view x);
  json_writer& number(std::int64_t x);
  json_writer& number(std::uint64_t x);
  json_writer& boolean(std::same_as<bool> auto x) { return raw(x ? "true" : "false"); }
  json_writer& null() { return raw("null"); }

  /// The shortest digits that read back as the same number, always with a point or an exponent:
  /// 12 is written 12.0. JSON has no infinities; they become null.
  json_writer& real(double x);

  /// A finished JSON value.
  json_writer& raw(std::string_view json);

  json_writer& member(std::string_view name, std::string_view x) { return key(name).text(x); }
  json_writer& member(std::string_view name, std::int64_t x) { return key(name).number(x); }

private:
  json_writer& open(char bracket);
  json_writer& close(char bracket);
  void separate() {
    if (needs_comma_)
      out_ += ',';
    needs_comma_ = true;
  }

  std::string& out_;
  bool needs_comma_ = false;
};

} // namespace troupe
