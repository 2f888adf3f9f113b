#pragma once

#include "config/environment.hpp"
#include "config/providers.hpp"
#include "messages/auth.hpp"
#include "messages/errors.hpp"
#include "net/wire/headers.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What a request to a provider carries and nobody is told of, also when an answer repeats it.
namespace troupe::model_client {

/// Texts that `masked` replaces by `***`: as they are, percent-escaped, and as JSON writes them,
/// each character in whatever form. An empty list changes nothing.
class secret_values {
public:
  /// Shorter texts are no secrets: they would be found in half of what is said.
  static constexpr std::size_t shortest = 6;

  void add(std::string_view value);

  std::string masked(std::string text) const;
  net::header_list masked(const net::header_list& x) const;
  std::optional<model_error> masked(std::optional<model_error> x) const;

private:
  void add_value(std::string value);

  std::vector<std::string> values_;
};

/// The key or token that requests carry, the values of configured headers, those of the query of
/// the address, and its user and password. Versions stay, as do headers that hold no secrets
/// (`Accept`, `Content-Type`, `User-Agent` and the like). Made anew for each error: configuration
/// and login say what is secret now.
secret_values secrets_of(const config::provider& x, const config::environment& env,
                         const login_snapshot& login);

} // namespace troupe::model_client
