#define CAF_SUITE login_actions
#include <caf/test/bdd_dsl.hpp>

#include "apps/login/login_actions.hpp"
#include "apps/login/login_command.hpp"
#include "config/home.hpp"
#include "tests/support/temp_folder.hpp"

#include <CLI/CLI.hpp>

#include <functional>
#include <string>

using namespace troupe;
using login_app::report;

namespace {

namespace fs = std::filesystem;

struct fixture {
  test::temp_folder disk;
  config::config settings;

  fixture() { settings.home = disk.path() / "home"; }

  fs::path file() const { return config::auth_file(settings.home); }
};

bool is_selected(const std::string& line) {
  CLI::App app;
  std::function<int()> selected;
  login_app::add_commands(app, selected);
  try {
    app.parse(line);
  } catch (const CLI::ParseError&) {
    return false;
  }
  return selected != nullptr;
}

constexpr std::string_view chatgpt_file =
  R"({"tokens":{"id_token":"h.e30.s","access_token":"a","refresh_token":"r"}})";

} // namespace

BEGIN_FIXTURE_SCOPE(fixture)

SCENARIO("a key that is piped in is stored in a file for its owner alone") {
  CHECK((login_app::store_key(settings, " sk-proj-0123456789\n") ==
         report{"Successfully logged in", 0}));
  CHECK(fs::status(file()).permissions() == fs::perms{0600});
  CHECK((login_app::show_status(settings) ==
         report{"Logged in using an API key - sk-proj-***56789", 0}));
}

SCENARIO("a key replaces an earlier login") {
  disk.write("home/auth.json", chatgpt_file);
  CHECK((login_app::show_status(settings) == report{"Logged in using ChatGPT", 0}));
  CHECK_EQ(login_app::store_key(settings, "sk-proj-0123456789").exit_code, 0);
  CHECK_NE(login_app::show_status(settings).text.find("API key"), std::string::npos);
}

SCENARIO("what is no key is not stored") {
  for (const auto* input : {"", " \n", "two words", "k\xc3\xa9y", "key\nkey"}) {
    const auto result = login_app::store_key(settings, input);
    CHECK_EQ(result.exit_code, 1);
    CHECK(result.text.starts_with("Error: "));
  }
  CHECK(!fs::exists(file()));
}

SCENARIO("a forced ChatGPT login refuses keys") {
  settings.forced_login_method = config::login_method::chatgpt;
  const auto result = login_app::store_key(settings, "sk-proj-0123456789");
  CHECK_EQ(result.exit_code, 1);
  CHECK_NE(result.text.find("forced_login_method"), std::string::npos);
  CHECK(!fs::exists(file()));
  settings.forced_login_method = config::login_method::api;
  CHECK_EQ(login_app::store_key(settings, "sk-proj-0123456789").exit_code, 0);
}

SCENARIO("stores that this program does not have are refused with the remedy") {
  for (const auto mode : {config::login_store_mode::keyring, config::login_store_mode::ephemeral}) {
    settings.credentials_store = mode;
    const auto result = login_app::store_key(settings, "sk-proj-0123456789");
    CHECK_EQ(result.exit_code, 1);
    CHECK_NE(result.text.find("`file`"), std::string::npos);
  }
}

SCENARIO(
  "without a login the status is one line and exit code 1, with a broken one it says what helps") {
  CHECK((login_app::show_status(settings) == report{"Not logged in", 1}));
  disk.write("home/auth.json", "{\"OPENAI_API_KEY\":\"sk-hidden");
  const auto broken = login_app::show_status(settings);
  CHECK_EQ(broken.exit_code, 1);
  CHECK_NE(broken.text.find("auth.json"), std::string::npos);
  CHECK_NE(broken.text.find("`troupe logout`"), std::string::npos);
  CHECK_EQ(broken.text.find("sk-hidden"), std::string::npos);
}

SCENARIO("logging out succeeds with and without a login, also with a broken one") {
  CHECK((login_app::log_out(settings) == report{"Not logged in", 0}));
  disk.write("home/auth.json", "broken");
  CHECK((login_app::log_out(settings) == report{"Successfully logged out", 0}));
  CHECK(!fs::exists(file()));
  CHECK((login_app::log_out(settings) == report{"Not logged in", 0}));
}

SCENARIO("what is not offered is refused with what is") {
  for (const auto& result : {login_app::refuse_browser(), login_app::refuse_terminal()}) {
    CHECK_EQ(result.exit_code, 1);
    CHECK_NE(result.text.find("printenv OPENAI_API_KEY | troupe login --with-api-key"),
             std::string::npos);
  }
}

SCENARIO("the commands are selected with their options, and nothing else is") {
  for (const auto* line : {"login", "login --with-api-key", "login status", "logout",
                           "login -c a=1 status -c b=2", "logout -c a=1", "login --device-auth"})
    CHECK(is_selected(line));
  for (const auto* line : {"login sk-key", "login state", "logout now", "login --api-key k", ""})
    CHECK(!is_selected(line));
}

END_FIXTURE_SCOPE()
