#include "actors/model_client/pause_notice.hpp"

#include <fmt/format.h>

namespace troupe::model_client {

std::optional<std::string> pause_text(std::string_view provider, std::string_view model,
                                      const rate_reading& refusal) {
  const auto asked = refusal.retry_after;
  if (!asked || *asked < shortest_told_pause)
    return std::nullopt;
  constexpr std::chrono::seconds most{rate_lane::longest_pause};
  const bool is_cut = *asked > most;
  const auto wait = is_cut ? most : std::chrono::ceil<std::chrono::seconds>(*asked);
  return fmt::format("provider {} answered 429 and asked for a pause (Retry-After): requests to {} "
                     "wait {} s{}",
                     provider, model, wait.count(),
                     is_cut ? ", the longest wait there is, though it asked for more" : "");
}

void tell_pause(log::notice_limit& limit, const rate_governor::request& waiting,
                const rate_reading& refusal) {
  if (const auto text = pause_text(waiting.provider, waiting.model, refusal))
    log::notice(limit, waiting.provider, *text);
}

} // namespace troupe::model_client
