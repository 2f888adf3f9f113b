#pragma once

#include "net/wire/headers.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace troupe::net {

/// 301, 302, 303, 307 and 308.
bool is_redirect(int status);

/// The redirects of one exchange. Remembers where it has been, so that a loop is found at its first
/// repetition.
class redirect_trail {
public:
  explicit redirect_trail(int limit) : left_(limit), max_(limit) {}

  struct request {
    std::string method;
    std::string url;
    header_list headers;
  };

  struct step {
    request next;
    enum class body { keep, drop } payload = body::keep;
  };

  /// What to ask for after `from` was answered with a redirect to `location`, or why not, for
  /// people and without query strings, which may hold secrets. Refused: more than the limit,
  /// a loop, https to http, and what is no http URL.
  ///
  /// 307 and 308 keep method and body. After 301, 302 and 303 a HEAD stays, all else becomes a GET
  /// without body and without the headers of one. When host or port change, headers that may hold
  /// credentials are dropped (`may_hold_credential`), and the caller's `Host` in any case.
  std::variant<step, std::string> follow(request from, int status, std::string_view location);

private:
  std::vector<std::string> visited_; // "METHOD url"
  int left_;
  int max_;
};

} // namespace troupe::net
