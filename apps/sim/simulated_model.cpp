#include "apps/sim/simulated_model.hpp"

#include "apps/sim/reply_writer.hpp"
#include "apps/sim/subscription.hpp"
#include "messages/json/writer.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace troupe::sim {

namespace {

constexpr std::size_t id_digits = 16;

/// Stands for the id in prepared replies. Control characters are escaped in JSON, so it is nowhere
/// else.
const std::string id_placeholder(id_digits, '\x01');

/// Providers cache prompts in blocks of this many tokens.
constexpr std::int64_t cached_block_tokens = 128;

std::vector<std::size_t> places_of(std::string_view what, std::string_view text) {
  std::vector<std::size_t> result;
  for (auto at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1))
    result.push_back(at);
  return result;
}

std::size_t delta_bytes(const pace& x) {
  return x.tokens_per_event * bytes_per_token;
}

answer no_rule_answer(const scenario& x) {
  answer result;
  result.status = 400;
  result.content_type = "application/json";
  std::string message;
  append_json_string(message, fmt::format("the scenario \"{}\" has no rule for this request; add a "
                                          "last [[rule]] without \"when\"",
                                          x.name));
  result.body =
    fmt::format(R"({{"error":{{"message":{},"type":"invalid_request_error"}}}})", message);
  return result;
}

const fault* find_fault(const std::vector<fault>& faults, fault_target on,
                        const request_view& request, const request_place& place,
                        const decision& from) {
  const auto found = std::ranges::find_if(faults, [&](const fault& x) {
    return x.on == on && match(x.when, request, place, from.of(x.name)).has_value();
  });
  return found == faults.end() ? nullptr : &*found;
}

} // namespace

/// Everything that decides, gathered once.
struct simulated_model::turn_state {
  const request_view& request;
  const request_place& place;
  decision moment; ///< draws of this request
  std::string id;  ///< of the response
  template_values values;
};

simulated_model::simulated_model(sim::scenario x, std::optional<std::uint64_t> seed)
  : scenario_(std::move(x)), seed_(seed.value_or(scenario_.seed)) {
  for (const auto& each : scenario_.rules)
    prepared_.push_back(prepare(each, scenario_.pace));
}

std::optional<simulated_model::prepared_reply>
simulated_model::prepare(const rule& x, const sim::pace& default_pace) {
  if (!is_constant(x.reply))
    return std::nullopt;
  event_writer out{id_placeholder, delta_bytes(x.pace.value_or(default_pace))};
  out.open();
  write_reply(x.reply, {}, out);
  prepared_reply result{std::move(out).release(), {}};
  result.id_places = places_of(id_placeholder, result.events.text);
  return result;
}

std::uint64_t simulated_model::thread_key(const request_view& request,
                                          std::string_view session) const {
  switch (scenario_.identity) {
  case identity::prompt: return stable_hash(request.first_user);
  case identity::thread: return stable_hash(request.thread.empty() ? session : request.thread);
  }
  return 0; // unreachable; keeps GCC content
}

std::int64_t simulated_model::input_tokens(const request_view& request) {
  return tokens_of(request.body.size());
}

template_values simulated_model::values_of(const request_view& request, std::uint64_t thread,
                                           const request_place& place) const {
  template_values result;
  result.request = &request;
  result.thread = request.thread;
  result.seed = seed_;
  result.request_number = place.request;
  result.attempt = place.attempt;
  result.lists = scenario_.lists;
  result.thread_choice = decision{seed_}.of(thread);
  result.request_choice = result.thread_choice.of("request").of(place.request);
  return result;
}

simulated_model::outcome simulated_model::respond(const request_view& request, std::uint64_t thread,
                                                  const request_place& place) const {
  const auto of_thread = decision{seed_}.of(thread);
  const auto of_request = of_thread.of("request").of(place.request);
  // The length of the history goes in, so that a thread resumed in another run, which counts its
  // requests from 1 again, gets no call id twice.
  const auto id = fmt::format("{:016x}", of_request.of("id").of(request.items).bits());
  turn_state state{request, place, of_request, id, values_of(request, thread, place)};
  for (std::size_t i = 0; i < scenario_.rules.size(); ++i) {
    const auto& each = scenario_.rules[i];
    const auto from = of_request.of("rule").of(each.name);
    const auto groups = match(each.when, request, place, from);
    if (!groups)
      continue;
    state.moment = from;
    state.values.request_choice = from;
    state.values.user_groups = groups->user;
    state.values.output_groups = groups->output;
    return respond_by(i, state);
  }
  return {no_rule_answer(scenario_), no_rule, std::nullopt, {}};
}

std::optional<chosen_fault> simulated_model::choose_fault(const rule& by,
                                                          const turn_state& state) const {
  for (const auto* faults : {&scenario_.faults, &by.faults})
    if (const auto* found = find_fault(*faults, fault_target::responses, state.request, state.place,
                                       state.moment.of("fault")))
      return chosen_fault{found->name, found->effect};
  if (scenario_.chaos)
    return drawn(*scenario_.chaos, state.moment.of("chaos"), state.place.attempt);
  return std::nullopt;
}

std::optional<chosen_fault> simulated_model::fault_on(fault_target what,
                                                      const request_view& request,
                                                      std::uint64_t thread,
                                                      const request_place& place) const {
  const auto from = decision{seed_}.of(thread).of(to_text(what)).of(place.request);
  const auto* found = find_fault(scenario_.faults, what, request, place, from.of("fault"));
  return found == nullptr ? std::nullopt : std::optional{chosen_fault{found->name, found->effect}};
}

void simulated_model::break_answer(const chosen_fault& x, std::uint64_t thread,
                                   const request_place& place, answer& to) const {
  to.events = {{to.body.size(), {}}};
  apply(x.effect, decision{seed_}.of(thread).of(x.name).of(place.request), to);
}

simulated_model::outcome simulated_model::respond_by(std::size_t index,
                                                     const turn_state& state) const {
  const auto& by = scenario_.rules[index];
  outcome result{{}, index, choose_fault(by, state), "resp_" + state.id};
  auto& to = result.what;
  const bool is_broken = result.broken.has_value();
  if (!is_broken || !replaces_answer(result.broken->effect)) {
    auto written = write(index, state);
    const auto& paced = by.pace ? *by.pace : scenario_.pace;
    if (is_broken || !paced.is_instant())
      set_pace(paced, state, written, to);
    to.body = std::move(written.text);
  }
  const auto standard = standard_headers(by, state);
  to.headers = standard;
  for (const auto* headers : {&scenario_.headers, &by.headers})
    for (const auto& [name, text] : *headers)
      to.headers.emplace_back(name, text.expand(state.values));
  if (!is_broken)
    return result;
  apply(result.broken->effect, state.moment.of("effect").of(result.broken->name), to);
  if (replaces_answer(result.broken->effect)) // in front: what the fault says counts
    to.headers.insert(to.headers.begin(), standard.begin(), standard.end());
  return result;
}

simulated_model::header_pairs simulated_model::standard_headers(const rule& by,
                                                                const turn_state& state) const {
  const auto& told = by.subscription ? by.subscription : scenario_.subscription;
  auto result = told ? subscription_headers(*told) : header_pairs{};
  result.emplace_back("x-request-id", "req_" + state.id);
  return result;
}

written_events simulated_model::write(std::size_t index, const turn_state& state) const {
  const auto& by = scenario_.rules[index];
  const auto& ready = prepared_[index];
  written_events front;
  if (ready) {
    front = ready->events;
    for (const auto at : ready->id_places)
      state.id.copy(front.text.data() + at, id_digits);
  }
  event_writer out{state.id, delta_bytes(by.pace ? *by.pace : scenario_.pace), std::move(front)};
  if (!ready) {
    out.open();
    write_reply(by.reply, state.values, out);
  }
  const auto& usage = by.usage ? *by.usage : scenario_.usage;
  const auto counted = figures(usage, state, out.written());
  out.complete(usage.is_reported ? &counted : nullptr);
  return std::move(out).release();
}

usage_figures simulated_model::figures(const usage_rule& x, const turn_state& state,
                                       const written_events& written) const {
  usage_figures result;
  result.input_tokens = x.input_tokens.value_or(input_tokens(state.request));
  const auto known = std::min(state.place.previous_input_tokens, result.input_tokens);
  result.cached_tokens = x.cached_tokens.value_or(known - known % cached_block_tokens);
  result.output_tokens = x.output_tokens.value_or(tokens_of(written.output_bytes));
  result.reasoning_tokens = x.reasoning_tokens.value_or(tokens_of(written.reasoning_bytes));
  return result;
}

// The opening comes at once, the first item after the first token's wait, every delta after the
// wait for its tokens.
void simulated_model::set_pace(const sim::pace& x, const turn_state& state,
                               const written_events& written, answer& to) const {
  const auto from = state.moment.of("pace");
  to.events.reserve(written.list.size());
  for (std::size_t i = 0; i < written.list.size(); ++i) {
    const auto& event = written.list[i];
    std::chrono::microseconds wait{0};
    if (i == event_writer::opening_events)
      wait += drawn(x.first_token, from.of("first"));
    if (event.text_bytes > 0 && !x.token.is_zero())
      wait += tokens_of(event.text_bytes) * drawn(x.token, from.of("token").of(i));
    to.events.push_back({event.end, wait});
  }
}

} // namespace troupe::sim
