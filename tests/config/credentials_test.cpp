#define CAF_SUITE credentials

#include "config/credentials.hpp"

#include "config/home.hpp"
#include "tests/config/loading.hpp"

#include <caf/test/bdd_dsl.hpp>

#include <fstream>
#include <iterator>
#include <sstream>

using namespace troupe::config;
using namespace troupe::config::test;

namespace {

// base64url of {"email":"me@x","https://api.openai.com/auth":{"chatgpt_plan_type":"team",
// "user_id":"u","chatgpt_account_id":"w"}}
constexpr std::string_view payload =
  "eyJlbWFpbCI6Im1lQHgiLCJodHRwczovL2FwaS5vcGVuYWkuY29tL2F1dGgiOnsiY2hhdGdwdF9wbGFuX3R5cGUiOiJ0ZWFt"
  "IiwidXNlcl9pZCI6InUiLCJjaGF0Z3B0X2FjY291bnRfaWQiOiJ3In19";
// base64url of {"https://api.openai.com/profile":{"email":"p@x"}}
constexpr std::string_view profile_payload =
  "eyJodHRwczovL2FwaS5vcGVuYWkuY29tL3Byb2ZpbGUiOnsiZW1haWwiOiJwQHgifX0";

std::string jwt() {
  return "h." + std::string{payload} + ".s";
}

std::string chatgpt_file() {
  return R"({"auth_mode":"chatgpt","OPENAI_API_KEY":null,"tokens":{"id_token":")" + jwt() +
         R"(","access_token":"acc","refresh_token":"ref","account_id":"w"},)" +
         R"("last_refresh":"2026-02-07T12:00:00Z"})";
}

std::string problem(std::string_view text) {
  const auto result = parse_login(text);
  const auto* error = std::get_if<credential_error>(&result);
  return error ? error->message : "none";
}

login parsed(std::string_view text) {
  return std::get<login>(parse_login(text));
}

login key_login(std::string key) {
  login x;
  x.stated_mode = auth_mode::api_key;
  x.api_key = secret{std::move(key)};
  return x;
}

std::string token_of(const std::variant<credential, credential_error>& x) {
  if (const auto* error = std::get_if<credential_error>(&x))
    return error->message;
  const auto& found = std::get<credential>(x);
  return (found.token ? found.token->reveal() : "none") + "/" + found.account_id.value_or("none");
}

} // namespace

SCENARIO("a ChatGPT login is read with the claims of its token") {
  const auto x = parsed(chatgpt_file());
  CHECK(x.mode() == auth_mode::chatgpt);
  CHECK(kind_of(x) == login_kind::chatgpt);
  REQUIRE(x.tokens.has_value());
  CHECK_EQ(x.tokens->access_token.reveal(), "acc");
  CHECK_EQ(x.tokens->refresh_token.reveal(), "ref");
  CHECK_EQ(x.tokens->account_id.value_or(""), "w");
  const id_claims claims{"me@x", "team", "u", "w"};
  CHECK(x.tokens->claims == claims);
  CHECK_EQ(x.last_refresh.value_or(""), "2026-02-07T12:00:00Z");
}

SCENARIO("the mode is inferred when it is not stated") {
  CHECK(parsed(R"({"OPENAI_API_KEY":"k"})").mode() == auth_mode::api_key);
  CHECK(parsed(R"({"OPENAI_API_KEY":null})").mode() == auth_mode::chatgpt);
  const auto both = R"({"OPENAI_API_KEY":"k","tokens":{"id_token":")" + jwt() +
                    R"(","access_token":"a","refresh_token":"r"}})";
  CHECK(parsed(both).mode() == auth_mode::api_key);
  CHECK(parsed(R"({"auth_mode":"chatgptAuthTokens"})").mode() == auth_mode::chatgpt_external);
}

SCENARIO("files that are no login are refused without showing what they hold") {
  CHECK_EQ(problem("sk-hidden"), "it is not a JSON object");
  CHECK_EQ(problem("[]"), "it is not a JSON object");
  CHECK_EQ(problem(R"({"auth_mode":"telepathy"})"),
           "`auth_mode` is none of `apikey`, `chatgpt`, `chatgptAuthTokens`");
  CHECK_EQ(problem(R"({"auth_mode":"apikey"})"),
           "`auth_mode` is `apikey`, but there is no `OPENAI_API_KEY`");
  CHECK_EQ(problem(R"({"OPENAI_API_KEY":7})"), "`OPENAI_API_KEY` is not a string");
  CHECK_EQ(problem(R"({"tokens":[]})"), "`tokens` is not an object");
  CHECK_EQ(problem(R"({"tokens":{"id_token":"x"}})"), "`tokens` is incomplete");
  CHECK_EQ(problem(R"({"tokens":{"id_token":"x","access_token":"a","refresh_token":"r"}})"),
           "`tokens.id_token` is not a readable token");
}

SCENARIO("an id token needs three parts and an unpadded JSON object in the second") {
  CHECK(parse_id_token(jwt()).has_value());
  CHECK(parse_id_token(jwt() + ".more").has_value());
  CHECK_EQ(parse_id_token("h." + std::string{profile_payload} + ".s")->email.value_or(""), "p@x");
  CHECK(parse_id_token("h.e30.s") == id_claims{});
  for (const auto* bad : {"", "h.e30", "h..s", ".e30.s", "h.e30.", "h.e30=.s", "h.bnVsbA.s",
                          "h.e.s", "h.e31.s", "h.****.s"})
    CHECK(!parse_id_token(bad));
}

SCENARIO("four plans belong to an organisation") {
  for (const auto* plan : {"team", "business", "enterprise", "edu"})
    CHECK(is_workspace_plan(plan));
  for (const auto* plan : {"free", "go", "plus", "pro", "Team", ""})
    CHECK(!is_workspace_plan(plan));
}

SCENARIO("a login is printed as it was read, with nulls and omissions where they belong") {
  CHECK_EQ(print_login(key_login("sk\"1")),
           "{\n  \"auth_mode\": \"apikey\",\n  \"OPENAI_API_KEY\": \"sk\\\"1\"\n}\n");
  CHECK_EQ(print_login(login{}), "{\n  \"OPENAI_API_KEY\": null\n}\n");
  const auto x = parsed(chatgpt_file());
  CHECK(parsed(print_login(x)) == x);
  auto without_account = x;
  without_account.tokens->account_id.reset();
  CHECK(print_login(without_account).find("\"account_id\": null") != std::string::npos);
}

SCENARIO("saving replaces the file in one step with mode 0600, and creates the home") {
  troupe::test::temp_folder disk;
  const auto home = disk.path() / "new";
  CHECK(!save_login(home, key_login("one")));
  CHECK(!save_login(home, key_login("two")));
  using std::filesystem::perms;
  CHECK(std::filesystem::status(auth_file(home)).permissions() ==
        (perms::owner_read | perms::owner_write));
  const auto read = std::get<std::optional<login>>(read_login(home));
  CHECK(read == key_login("two"));
  const auto files = std::distance(std::filesystem::directory_iterator(home), {});
  CHECK_EQ(files, 1);
}

SCENARIO("saving through a symbolic link keeps the link") {
  troupe::test::temp_folder disk;
  const auto real = disk.write("elsewhere/auth.json", "{}");
  const auto home = disk.make_folder("home");
  std::filesystem::create_symlink(real, auth_file(home));
  CHECK(!save_login(home, key_login("k")));
  CHECK(std::filesystem::is_symlink(auth_file(home)));
  std::ifstream in(real);
  std::ostringstream text;
  text << in.rdbuf();
  CHECK_EQ(text.str(), print_login(key_login("k")));
}

SCENARIO("a missing file is no login, an unreadable one an error with the remedy") {
  troupe::test::temp_folder disk;
  CHECK(std::get<std::optional<login>>(read_login(disk.path())) == std::nullopt);
  disk.write("auth.json", "nonsense");
  CHECK_EQ(std::get<credential_error>(read_login(disk.path())).message,
           "cannot read " + auth_file(disk.path()).string() +
             ": it is not a JSON object. `troupe logout` removes the file, `troupe login "
             "--with-api-key` stores a new login in its place");
}

SCENARIO("logout says whether there was anything to remove") {
  troupe::test::temp_folder disk;
  CHECK(std::get<logout_result>(remove_login(disk.path())) == logout_result::was_not_logged_in);
  CHECK(!save_login(disk.path(), key_login("k")));
  CHECK(std::get<logout_result>(remove_login(disk.path())) == logout_result::removed);
  CHECK(!std::filesystem::exists(auth_file(disk.path())));
}

SCENARIO("a key is shown by its ends, and not at all when that would be most of it") {
  CHECK_EQ(masked_key(secret{"sk-proj-0123456789ABCDE"}), "sk-proj-***ABCDE");
  CHECK_EQ(masked_key(secret{"12345678901234"}), "12345678***01234");
  CHECK_EQ(masked_key(secret{"1234567890123"}), "***");
  CHECK_EQ(masked_key(secret{}), "***");
  CHECK_EQ(masked_key(secret{"sk-proj-\x1b[2J-0123456789"}), "***");
}

SCENARIO("a snapshot of a login holds what requests carry") {
  CHECK(snapshot_of(std::nullopt, 3) == troupe::login_snapshot{.generation = 3});
  const auto key = snapshot_of(key_login("k"), 1);
  CHECK(key.mode == troupe::login_mode::api_key);
  CHECK_EQ(key.token.reveal(), "k");
  CHECK(key.repair == troupe::login_repair::impossible);
  const auto chatgpt = snapshot_of(parsed(chatgpt_file()), 1);
  CHECK(chatgpt.mode == troupe::login_mode::chatgpt);
  CHECK_EQ(chatgpt.account_id.value_or(""), "w");
  CHECK(chatgpt.repair == troupe::login_repair::possible);
  auto external = parsed(chatgpt_file());
  external.stated_mode = auth_mode::chatgpt_external;
  CHECK(snapshot_of(external, 1).mode == troupe::login_mode::chatgpt_external);
  CHECK(snapshot_of(external, 1).repair == troupe::login_repair::impossible);
}

SCENARIO("the kind of a login decides about addresses, however it is written") {
  using troupe::login_mode;
  CHECK(kind_of(login_mode::none) == login_kind::none);
  CHECK(kind_of(login_mode::api_key) == login_kind::api_key);
  CHECK(kind_of(login_mode::chatgpt) == login_kind::chatgpt);
  CHECK(kind_of(login_mode::chatgpt_external) == login_kind::chatgpt);
}

SCENARIO("the provider's own key comes first, then its token, then the login") {
  const auto env = environment_of({{"K", " raw "}});
  const auto chatgpt = parsed(chatgpt_file());
  provider x;
  CHECK_EQ(token_of(request_credential(x, env, std::nullopt)), "none/none");
  CHECK_EQ(token_of(request_credential(x, env, key_login("key"))), "key/none");
  CHECK_EQ(token_of(request_credential(x, env, chatgpt)), "acc/w");
  x.experimental_bearer_token = secret{"bearer"};
  CHECK_EQ(token_of(request_credential(x, env, chatgpt)), "bearer/none");
  x.env_key = "K";
  CHECK_EQ(token_of(request_credential(x, env, chatgpt)), " raw /none");
}

SCENARIO("a key in the place of its variable's name is not told") {
  provider x;
  for (const auto* key : {"sk-proj-abcdef", "9e107d9d372bb6826bd81d3542a419d6", "a b", ""}) {
    x.env_key = key;
    const auto told = token_of(request_credential(x, environment_of({}), std::nullopt));
    CHECK(told.find("takes the NAME of the variable") != told.npos);
    CHECK((*key == 0 || told.find(key) == told.npos));
  }
}

SCENARIO("a missing or blank key variable is an error with the provider's advice") {
  provider x;
  x.env_key = "K";
  CHECK_EQ(token_of(request_credential(x, environment_of({}), key_login("key"))),
           "Missing environment variable: `K`.");
  x.env_key_instructions = "Get one at example.com.";
  CHECK_EQ(token_of(request_credential(x, environment_of({{"K", " "}}), std::nullopt)),
           "Missing environment variable: `K`. Get one at example.com.");
}

SCENARIO("a ChatGPT login without tokens or refresh time carries nothing") {
  auto x = parsed(chatgpt_file());
  x.last_refresh.reset();
  const auto message = "the stored ChatGPT login holds no usable tokens; log in again";
  CHECK_EQ(token_of(request_credential({}, environment_of({}), x)), message);
  CHECK_EQ(token_of(request_credential({}, environment_of({}), parsed("{}"))), message);
}

SCENARIO("a forced method or workspace refuses other logins") {
  const auto chatgpt = parsed(chatgpt_file());
  const auto key = key_login("k");
  CHECK(!refuse_login(chatgpt, std::nullopt, {}));
  CHECK(refuse_login(key, login_method::chatgpt, {}).has_value());
  CHECK(refuse_login(chatgpt, login_method::api, {}).has_value());
  CHECK(!refuse_login(key, login_method::api, {"other"}));
  CHECK(!refuse_login(chatgpt, login_method::chatgpt, {"v", "w"}));
  CHECK(refuse_login(chatgpt, std::nullopt, {"v"}).has_value());
  CHECK(refuse_login(parsed("{}"), std::nullopt, {"w"}).has_value());
}

SCENARIO("a secret does not print itself") {
  const secret x{"sk-hidden"};
  std::ostringstream out;
  out << x;
  CHECK_EQ(out.str(), "***");
  CHECK_EQ(to_string(x), "***");
  CHECK_EQ(x.reveal(), "sk-hidden");
}
