#pragma once

#include <optional>
#include <string>
#include <string_view>

/// What is asked of a model server on the user's own machine before `--oss` uses it (contract
/// responses-client.md 1.2).
namespace troupe::config {

/// `base_url` without slashes at its end and without `/v1`: where the server's own API begins.
std::string local_server_root(std::string_view base_url);

/// Answered with 2xx by a server that is up.
std::string local_server_probe(std::string_view base_url);

/// `url` for people: without the user and password it may carry.
std::string without_credentials(std::string_view url);

/// The oldest ollama that serves the Responses API.
inline constexpr std::string_view oldest_ollama = "0.13.4";

/// An answer of ollama's `api/version`: the text that refuses the server, none when it will do.
/// Only a body that is not JSON and a version that is too old are refused; a server that does not
/// tell its version, and a development build (0.0.0), pass.
std::optional<std::string> refuse_ollama_version(int status, std::string_view body);

} // namespace troupe::config
