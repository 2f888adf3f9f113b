#pragma once

// Included after caf/test/bdd_dsl.hpp.

#include "apps/sim/simulator.hpp"
#include "net/io_pool.hpp"
#include "tests/support/scenario_text.hpp"
#include "tests/support/temp_folder.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace troupe::test {

/// What the provider's log says of a request, or of a message on a WebSocket (its method is
/// "MESSAGE", and its body has what was left out because the provider knows it already).
struct logged_request {
  std::string method;
  std::string path;
  int status = 0;
  boost::json::value headers;
  boost::json::value body;

  bool is(std::string_view m, std::string_view p) const { return method == m && path == p; }

  /// Empty: there is none.
  std::string header(std::string_view name) const {
    for (const auto& x : headers.as_array())
      if (const std::string_view known = x.at(0).as_string(); std::ranges::equal(
            known, name, [](char a, char b) { return std::tolower(a) == std::tolower(b); }))
        return std::string{x.at(1).as_string()};
    return {};
  }

  /// The texts of its input: a message's text, else the item's type.
  std::vector<std::string> input() const {
    std::vector<std::string> result;
    for (const auto& item : body.at("input").as_array()) {
      if (item.at("type").as_string() != "message") {
        result.emplace_back(item.at("type").as_string());
        continue;
      }
      auto& text = result.emplace_back();
      for (const auto& part : item.at("content").as_array())
        if (const auto* piece = part.as_object().if_contains("text"))
          text += piece->as_string();
    }
    return result;
  }
};

/// The simulator on threads of its own, which remembers what it was asked.
class simulated_provider {
public:
  explicit simulated_provider(std::string_view toml)
    : log_(folder_.path() / "log.jsonl"), simulator_(pool_, scenario_of(toml), {.log_file = log_}) {
    if (const auto problem = simulator_.start())
      CAF_FAIL(*problem);
  }

  ~simulated_provider() {
    simulator_.stop();
    pool_.stop();
  }

  std::string base_url() const { return simulator_.base_url(); }
  sim::simulator_stats stats() const { return simulator_.stats(); }

  /// In the order of their arrival. All that has been answered is in there.
  std::vector<logged_request> requests() const {
    std::vector<logged_request> result;
    std::ifstream in(log_);
    for (std::string line; std::getline(in, line);) {
      const auto x = boost::json::parse(line);
      result.push_back({.method = std::string{x.at("method").as_string()},
                        .path = std::string{x.at("path").as_string()},
                        .status = static_cast<int>(x.at("status").as_int64()),
                        .headers = x.at("headers"),
                        .body = x.at("body")});
    }
    return result;
  }

  /// Those that ask for a response over HTTP.
  std::vector<logged_request> posts() const {
    auto result = requests();
    std::erase_if(result, [](const auto& x) { return !x.is("POST", "/v1/responses"); });
    return result;
  }

private:
  temp_folder folder_;
  std::filesystem::path log_;
  net::io_pool pool_;
  sim::simulator simulator_;
};

} // namespace troupe::test
