// What stands in auth.json or comes from a token server: none of it may crash; what is understood
// must survive being written and read again, and no text for people may hold a token.

#include "actors/auth_manager/token_state.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace troupe;
using namespace troupe::auth_manager;

constexpr time_point some_day{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1}};
const config::secret used{"a-refresh-token"};

void expect(bool holds) {
  if (!holds)
    std::abort();
}

void read_answers(std::string_view text, const config::login& stored) {
  for (const int status : {200, 401, 500}) {
    const auto answer = read_refresh_answer(status, text, used);
    if (const auto* failure = std::get_if<refresh_failure>(&answer)) {
      expect(!failure->message.empty());
      expect(failure->message.find(used.reveal()) == std::string::npos);
      expect(is_permanent(failure->reason) == (status == 401));
      continue;
    }
    const auto renewed = with_tokens(stored, std::get<renewed_tokens>(answer), some_day);
    if (const auto* login = std::get_if<config::login>(&renewed)) {
      expect(account_of(*login) == account_of(stored));
      expect(!is_stale(*login, some_day));
    }
  }
  expect(loggable_body(text, used).find(used.reveal()) == std::string::npos);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  const auto parsed = config::parse_login(text);
  config::login stored;
  if (const auto* login = std::get_if<config::login>(&parsed)) {
    stored = *login;
    expect(config::parse_login(config::print_login(stored)) == parsed);
    const auto snapshot = config::snapshot_of(stored, 1);
    expect(snapshot.mode != login_mode::none);
    expect(snapshot.problem.empty() || snapshot.token.empty());
    (void)is_stale(stored, some_day);
    (void)was_renewed_elsewhere(stored, stored);
    if (stored.api_key)
      (void)config::masked_key(*stored.api_key);
  }
  if (const auto claims = config::parse_id_token(text))
    expect(external_login({config::secret{text}, config::secret{"a"}}, some_day).has_value());
  read_answers(text, stored);
  return 0;
}
