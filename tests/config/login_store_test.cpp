#define CAF_SUITE login_store

#include "config/login_store.hpp"

#include "config/home.hpp"
#include "tests/config/loading.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace troupe::config;
using namespace troupe::config::test;
using namespace std::chrono_literals;
using troupe::config::login;

namespace {

namespace fs = std::filesystem;

constexpr std::string_view chatgpt_file =
  R"({"auth_mode":"chatgpt","tokens":{"id_token":"h.e30.s","access_token":"a",)"
  R"("refresh_token":"r","account_id":"w"},"last_refresh":"2026-02-07T12:00:00Z"})";

login key_of(std::string key) {
  login x;
  x.stated_mode = auth_mode::api_key;
  x.api_key = secret{std::move(key)};
  return x;
}

std::optional<login> found_in(const login_store& store) {
  return std::get<std::optional<login>>(read_login(store));
}

std::string problem_in(const std::variant<std::optional<login>, credential_error>& x) {
  const auto* error = std::get_if<credential_error>(&x);
  return error ? error->message : "none";
}

std::error_code error_of(const std::variant<login_lock, std::error_code>& x) {
  const auto* error = std::get_if<std::error_code>(&x);
  return error ? *error : std::error_code{};
}

/// Another process that holds the lock until `end` is called.
class lock_holder {
public:
  explicit lock_holder(const fs::path& home) {
    int started[2];
    int stop[2];
    if (::pipe(started) != 0 || ::pipe(stop) != 0)
      throw std::runtime_error("no pipe");
    child_ = ::fork();
    if (child_ == 0) {
      const auto lock = login_lock::try_take(home);
      char byte = std::holds_alternative<login_lock>(lock) ? 'y' : 'n';
      ::close(stop[1]);
      if (::write(started[1], &byte, 1) != 1 || ::read(stop[0], &byte, 1) < 0)
        ::_exit(1);
      ::_exit(0);
    }
    ::close(started[1]);
    ::close(stop[0]);
    char byte = 0;
    holds_ = ::read(started[0], &byte, 1) == 1 && byte == 'y';
    ::close(started[0]);
    stop_ = stop[1];
  }
  lock_holder(const lock_holder&) = delete;
  lock_holder& operator=(const lock_holder&) = delete;
  ~lock_holder() { end(); }

  bool holds() const { return holds_; }

  void end() {
    if (child_ <= 0)
      return;
    ::close(stop_);
    ::waitpid(std::exchange(child_, -1), nullptr, 0);
  }

private:
  pid_t child_ = -1;
  int stop_ = -1;
  bool holds_ = false;
};

} // namespace

SCENARIO("the file is read and written in both modes that mean it") {
  for (const auto mode : {login_store_mode::file, login_store_mode::automatic}) {
    troupe::test::temp_folder disk;
    const login_store store{disk.path(), mode};
    CHECK(found_in(store) == std::nullopt);
    CHECK(!save_login(store, key_of("k")));
    CHECK(found_in(store) == key_of("k"));
    CHECK(fs::exists(auth_file(disk.path())));
    CHECK(std::get<logout_result>(remove_login(store)) == logout_result::removed);
    CHECK(std::get<logout_result>(remove_login(store)) == logout_result::was_not_logged_in);
  }
}

SCENARIO("the keyring is refused with the remedy, and logging out of it removes the file") {
  troupe::test::temp_folder disk;
  const login_store store{disk.path(), login_store_mode::keyring};
  CHECK_NE(problem_in(read_login(store)).find("set it to `file`"), std::string::npos);
  const auto refused = save_login(store, key_of("k"));
  REQUIRE(refused.has_value());
  CHECK_NE(refused->message.find("set it to `file`"), std::string::npos);
  CHECK(!fs::exists(auth_file(disk.path())));
  disk.write("auth.json", chatgpt_file);
  CHECK(std::get<logout_result>(remove_login(store)) == logout_result::removed);
}

SCENARIO("nothing is stored or read where logins are ephemeral") {
  troupe::test::temp_folder disk;
  disk.write("auth.json", chatgpt_file);
  const login_store store{disk.path(), login_store_mode::ephemeral};
  CHECK(found_in(store) == std::nullopt);
  CHECK(save_login(store, key_of("k")).has_value());
  CHECK(std::get<logout_result>(remove_login(store)) == logout_result::was_not_logged_in);
  CHECK(fs::exists(auth_file(disk.path())));
}

SCENARIO("CODEX_API_KEY wins over the stored login only where it is allowed") {
  troupe::test::temp_folder disk;
  disk.write("auth.json", chatgpt_file);
  const auto env = environment_of({{"CODEX_API_KEY", " sk-env \n"}});
  const auto loaded = [&](const environment& e, key_from_environment key) {
    return *std::get<std::optional<login>>(load_login({disk.path()}, e, key));
  };
  CHECK(loaded(env, key_from_environment::allowed) == key_of("sk-env"));
  CHECK(loaded(env, key_from_environment::ignored).mode() == auth_mode::chatgpt);
  const auto blank = environment_of({{"CODEX_API_KEY", "  "}});
  CHECK(loaded(blank, key_from_environment::allowed).mode() == auth_mode::chatgpt);
}

SCENARIO("the environment's key needs no readable store") {
  troupe::test::temp_folder disk;
  disk.write("auth.json", "nonsense");
  const auto env = environment_of({{"CODEX_API_KEY", "k"}});
  CHECK_EQ(problem_in(load_login({disk.path()}, env, key_from_environment::allowed)), "none");
  CHECK_NE(problem_in(load_login({disk.path()}, env, key_from_environment::ignored)), "none");
}

SCENARIO("a file that is no login is an error: torn, huge, a folder, a pipe") {
  troupe::test::temp_folder disk;
  const login_store store{disk.path()};
  disk.write("auth.json", chatgpt_file.substr(0, chatgpt_file.size() / 2));
  CHECK_NE(problem_in(read_login(store)), "none");
  disk.write("auth.json", "");
  CHECK_NE(problem_in(read_login(store)), "none");
  disk.write("auth.json", "{\"OPENAI_API_KEY\":\"" + std::string(max_auth_file_bytes, 'x') + "\"}");
  CHECK_NE(problem_in(read_login(store)), "none");
  fs::remove(auth_file(disk.path()));
  fs::create_directory(auth_file(disk.path()));
  CHECK_NE(problem_in(read_login(store)), "none");
  fs::remove(auth_file(disk.path()));
  REQUIRE_EQ(::mkfifo(auth_file(disk.path()).c_str(), 0600), 0);
  CHECK_NE(problem_in(read_login(store)), "none");
}

SCENARIO("a file that others may read becomes private when it is written") {
  troupe::test::temp_folder disk;
  fs::permissions(disk.write("auth.json", chatgpt_file), fs::perms{0644});
  const login_store store{disk.path()};
  CHECK(found_in(store).has_value());
  CHECK(!save_login(store, *found_in(store)));
  CHECK(fs::status(auth_file(disk.path())).permissions() == fs::perms{0600});
}

SCENARIO("a home that cannot be written to keeps its login, and says so") {
  troupe::test::temp_folder disk;
  disk.write("home", "a file, so that nothing can be created below it");
  const login_store store{disk.path() / "home"};
  const auto refused = save_login_locked(store, key_of("k"));
  REQUIRE(refused.has_value());
  CHECK_NE(refused->message.find("auth.json"), std::string::npos);
}

SCENARIO("logging out of nothing leaves nothing behind") {
  troupe::test::temp_folder disk;
  const auto home = disk.path() / "none";
  CHECK(std::get<logout_result>(remove_login_locked({home})) == logout_result::was_not_logged_in);
  CHECK(!fs::exists(home));
}

SCENARIO("one process at a time holds the lock, and one descriptor at a time within it") {
  troupe::test::temp_folder disk;
  auto mine = login_lock::try_take(disk.path());
  REQUIRE(std::holds_alternative<login_lock>(mine));
  CHECK(error_of(login_lock::try_take(disk.path())) == std::errc::resource_unavailable_try_again);
  mine = std::error_code{}; // lets go
  lock_holder other{disk.path()};
  REQUIRE(other.holds());
  CHECK(error_of(login_lock::try_take(disk.path())) == std::errc::resource_unavailable_try_again);
  CHECK(error_of(login_lock::take(disk.path(), 1ms)) == std::errc::resource_unavailable_try_again);
  other.end();
  CHECK(!error_of(login_lock::try_take(disk.path())));
}

SCENARIO("a command waits for the lock, and says what it waited for in vain") {
  troupe::test::temp_folder disk;
  const login_store store{disk.path()};
  CHECK(!save_login(store, key_of("one")));
  {
    const lock_holder other{disk.path()};
    REQUIRE(other.holds());
    const auto refused = save_login_locked(store, key_of("two"), 1ms);
    REQUIRE(refused.has_value());
    CHECK_NE(refused->message.find("another process"), std::string::npos);
    CHECK(std::holds_alternative<credential_error>(remove_login_locked(store, 1ms)));
  }
  CHECK(found_in(store) == key_of("one"));
  CHECK(!save_login_locked(store, key_of("two")));
  CHECK(found_in(store) == key_of("two"));
  CHECK(fs::status(disk.path() / "auth.json.lock").permissions() == fs::perms{0600});
}

SCENARIO("the store is chosen by its setting") {
  config_fixture fixture;
  CHECK(fixture.loaded().credentials_store == login_store_mode::file);
  fixture.user_file("cli_auth_credentials_store = \"auto\"");
  CHECK(fixture.loaded().credentials_store == login_store_mode::automatic);
  fixture.user_file("cli_auth_credentials_store = \"safe\"");
  CHECK_NE(fixture.error().find("cli_auth_credentials_store"), std::string::npos);
}
