#pragma once

#include "actors/auth_manager/auth_manager_actor.hpp"
#include "config/home.hpp"
#include "net/blocking_pool.hpp"
#include "net/http_client.hpp"
#include "net/io_pool.hpp"
#include "tests/actors/auth_manager/login_samples.hpp"
#include "tests/support/scripted_peer.hpp"
#include "tests/support/temp_folder.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace troupe::testing {

/// Auth managers with a real home, threads and sockets; the test is their client, and the token
/// server plays a script.
class auth_manager_fixture {
public:
  auth_manager_fixture() {
    config_.config_file_path = "";
    config_.set("caf.scheduler.max-threads", 2);
    system_.emplace(config_);
    pool_.emplace();
    http_.emplace(*pool_);
    self_.emplace(*system_);
    deps.http = &*http_;
    deps.post = [this](std::function<void()> run) { files_.post(std::move(run)); };
    deps.sources.store.home = home();
    deps.sources.environment = [this](std::string_view name) -> std::optional<std::string> {
      const auto found = variables.find(name);
      return found == variables.end() ? std::nullopt : std::optional{found->second};
    };
    deps.headers.set("originator", "test");
    deps.headers.set("User-Agent", "test/1.0");
    deps.now = [this] { return now.load(); };
    deps.limits.lock_pause = std::chrono::milliseconds{1};
  }

  ~auth_manager_fixture() {
    for (const auto& x : managers_)
      caf::anon_send_exit(x, caf::exit_reason::user_shutdown);
    managers_.clear();
    deps.lent.reset();
    self_.reset();
    http_.reset();
    pool_->stop();
    files_.stop();
  }

  /// To be changed before a manager starts.
  auth_manager::dependencies deps;
  std::map<std::string, std::string, std::less<>> variables;
  std::atomic<auth_manager::time_point> now = sample_now;

  std::filesystem::path home() const { return disk_.path(); }
  const troupe::test::temp_folder& disk() const { return disk_; }
  caf::actor_system& system() { return *system_; }

  void store(const config::login& x) const {
    if (config::save_login(home(), x))
      throw std::runtime_error("cannot write auth.json");
  }

  /// What auth.json holds now.
  std::optional<config::login> stored() const {
    auto result = config::read_login(home());
    if (auto* error = std::get_if<config::credential_error>(&result))
      throw std::runtime_error(error->message);
    return std::get<std::optional<config::login>>(std::move(result));
  }

  void use_token_server(const scripted_peer& x) {
    variables["CODEX_REFRESH_TOKEN_URL_OVERRIDE"] = x.base_url() + "/token";
  }

  /// A manager that reads the store first.
  auth_manager_actor start() {
    managers_.push_back(auth_manager::spawn(*system_, deps));
    return managers_.back();
  }

  login_snapshot login(const auth_manager_actor& x) { return ask<login_snapshot>(x, get_login{}); }

  login_recovery recover(const auth_manager_actor& x, recovery_step step,
                         const login_snapshot& refused) {
    return ask<login_recovery>(x, recovery_of(step, refused));
  }

  static recover_login recovery_of(recovery_step step, const login_snapshot& refused) {
    return {.step = step, .refused = refused.generation, .expected_account = refused.account_id};
  }

  /// The answer; an error becomes an exception with its text.
  template <class Answer, class Request>
  Answer ask(const auth_manager_actor& x, Request request) {
    std::optional<Answer> result;
    caf::error problem;
    (*self_)
      ->request(x, std::chrono::seconds{20}, std::move(request))
      .receive([&](Answer& answer) { result = std::move(answer); },
               [&](caf::error& error) { problem = std::move(error); });
    if (!result)
      throw std::runtime_error(to_string(problem));
    return *std::move(result);
  }

  /// The error; `none` when there is none.
  template <class... Answer, class Request>
  caf::error refusal(const auth_manager_actor& x, Request request) {
    caf::error result;
    (*self_)
      ->request(x, std::chrono::seconds{20}, std::move(request))
      .receive([](const Answer&...) {}, [&](caf::error& error) { result = std::move(error); });
    return result;
  }

  caf::scoped_actor& self() { return *self_; }

private:
  troupe::test::temp_folder disk_;
  caf::actor_system_config config_;
  std::optional<caf::actor_system> system_;
  std::optional<net::io_pool> pool_;
  std::optional<net::http_client> http_;
  net::blocking_pool files_;
  std::optional<caf::scoped_actor> self_;
  std::vector<auth_manager_actor> managers_;
};

/// A successful answer of the token server; the id token is left out.
inline scripted_answer tokens_answer(std::string_view name) {
  return plain_answer(200, "{\"access_token\":\"access-" + std::string{name} +
                             "\",\"refresh_token\":\"refresh-" + std::string{name} + "\"}");
}

inline scripted_answer refused_answer(std::string_view code) {
  return plain_answer(401, "{\"error\":{\"code\":\"" + std::string{code} + "\"}}");
}

} // namespace troupe::testing
