#include "apps/sim/matcher.hpp"

#include <algorithm>

namespace troupe::sim {

namespace {

bool holds(const std::optional<number_range>& range, std::uint64_t value) {
  return !range || range->holds(value);
}

bool contains_all(std::string_view text, const std::vector<std::string>& parts) {
  return std::ranges::all_of(
    parts, [text](const auto& part) { return text.find(part) != std::string_view::npos; });
}

bool holds(const exit_condition& x, std::optional<int> code) {
  switch (x.what) {
  case exit_condition::kind::equals: return code == x.code;
  case exit_condition::kind::nonzero: return code && *code != 0;
  case exit_condition::kind::absent: return !code;
  }
  return false; // unreachable; keeps GCC content
}

bool place_fits(const condition& x, const request_view& request, const request_place& place) {
  return (!x.transport || *x.transport == place.transport) && holds(x.turn, request.turn) &&
         holds(x.request, place.request) && holds(x.attempt, place.attempt) &&
         holds(x.outputs, request.outputs) && std::ranges::all_of(x.calls, [&](const auto& each) {
           return each.second.holds(request.calls_of(each.first));
         });
}

bool output_fits(const condition& x, const request_view& request) {
  const bool is_asked =
    !x.tool.empty() || x.output || !x.output_contains.empty() || x.exit_code.has_value();
  if (!is_asked)
    return true;
  if (!request.last_output)
    return false;
  const auto& output = *request.last_output;
  return (x.tool.empty() || std::ranges::find(x.tool, output.tool) != x.tool.end()) &&
         (!x.exit_code || holds(*x.exit_code, output.exit_code)) &&
         contains_all(output.text, x.output_contains);
}

bool finds_in_outputs(const pattern& x, const request_view& request) {
  return std::ranges::any_of(request.raw_outputs, [&](std::string_view raw) {
    return x.search(output_text(raw)).has_value();
  });
}

bool history_fits(const condition& x, const request_view& request) {
  return (!x.any_output || finds_in_outputs(*x.any_output, request)) &&
         (!x.no_output || !finds_in_outputs(*x.no_output, request));
}

bool body_fits(const condition& x, const request_view& request) {
  return (!x.schema || *x.schema == !request.raw_schema.empty()) &&
         std::ranges::all_of(x.offers,
                             [&](const auto& tool) { return request.form_of(tool).has_value(); }) &&
         contains_all(request.body, x.body_contains) &&
         (!x.model || x.model->search(request.model));
}

} // namespace

// The cheap questions first: of ten rules nine fail at one of them.
std::optional<match_groups> match(const condition& x, const request_view& request,
                                  const request_place& place, const decision& from) {
  if (!place_fits(x, request, place) || !output_fits(x, request) ||
      !contains_all(request.last_user, x.user_contains) || !body_fits(x, request) ||
      !history_fits(x, request))
    return std::nullopt;
  match_groups groups;
  if (x.user) {
    auto found = x.user->search(request.last_user);
    if (!found)
      return std::nullopt;
    groups.user = std::move(*found);
  }
  if (x.output) {
    auto found = x.output->search(request.last_output->text);
    if (!found)
      return std::nullopt;
    groups.output = std::move(*found);
  }
  if (x.chance < 1 && !from.of("chance").happens(x.chance))
    return std::nullopt;
  return groups;
}

} // namespace troupe::sim
