#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::net {

struct header {
  std::string name;
  std::string value;

  bool operator==(const header&) const = default;
};

/// Whether `name` is an HTTP token.
bool is_legal_header_name(std::string_view name);

/// Whether `value` may be sent: every byte is 0x20 or above, or a tab, and none is 0x7F (contract
/// responses-client, section 1.5). So UTF-8 is legal, line ends are not.
bool is_legal_header_value(std::string_view value);

/// ASCII letters compare without case, as header names do.
bool equals_ignoring_case(std::string_view a, std::string_view b);

/// Headers in the order they were set; names compare without case. Holds legal entries only, so
/// nothing in it can break out of its line. Small by nature: look-ups are linear.
class header_list {
public:
  /// Sets a header, replacing the first one of that name in its place and removing its doubles. An
  /// illegal name or value is skipped and leaves the list as it was (contract, section 1.5); false
  /// tells.
  bool set(std::string_view name, std::string_view value);

  /// Appends without replacing (`Set-Cookie`, received headers). False: illegal, skipped.
  bool add(std::string_view name, std::string_view value);

  void remove(std::string_view name);

  /// The first value as it is. The view lives until the list changes.
  std::optional<std::string_view> find(std::string_view name) const;

  /// The first value when it consists of ASCII space to '~' and tab, else nothing: how a response
  /// header is read (contract, section 1.5).
  std::optional<std::string_view> find_readable(std::string_view name) const;

  bool contains(std::string_view name) const { return find(name).has_value(); }
  bool empty() const { return entries_.empty(); }
  std::size_t size() const { return entries_.size(); }
  void reserve(std::size_t n) { entries_.reserve(n); }
  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }

  bool operator==(const header_list&) const = default;

private:
  std::vector<header> entries_;
};

/// Whether a header of this name may hold a credential: `Authorization`, `ChatGPT-Account-ID`,
/// cookies, names that end in "key" or contain "token", "secret" or "password".
bool may_hold_credential(std::string_view name);

/// The value as a log may show it: "***" for whatever `may_hold_credential`.
std::string_view loggable_value(const header& x);

/// One "name: value" line per header, credentials hidden.
std::string loggable_text(const header_list& xs);

} // namespace troupe::net
