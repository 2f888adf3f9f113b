#pragma once

#include "apps/sim/answer.hpp"
#include "apps/sim/chaos.hpp"
#include "apps/sim/event_writer.hpp"
#include "apps/sim/matcher.hpp"
#include "apps/sim/request_view.hpp"
#include "apps/sim/scenario.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::sim {

/// Plays a scenario: from a request to the whole answer with its pace and its faults. A pure
/// function of scenario, seed, request and place, so the same seed gives the same bytes in whatever
/// order requests arrive. Never changes; usable from several threads.
class simulated_model {
public:
  static constexpr std::size_t no_rule = static_cast<std::size_t>(-1);

  /// Without `seed` the scenario's own counts.
  explicit simulated_model(sim::scenario x, std::optional<std::uint64_t> seed = std::nullopt);

  simulated_model(const simulated_model&) = delete; // prepared replies refer to the scenario
  simulated_model& operator=(const simulated_model&) = delete;

  /// Under which number the thread of a request is counted. `session` is the session header of the
  /// request, for bodies without `prompt_cache_key`.
  std::uint64_t thread_key(const request_view& request, std::string_view session) const;

  struct outcome {
    answer what;
    std::size_t rule = no_rule;         ///< index in the scenario
    std::optional<chosen_fault> broken; ///< the fault that was put in
    std::string response_id;            ///< as the events have it
  };

  /// `thread`: as `thread_key` gave it.
  outcome respond(const request_view& request, std::uint64_t thread,
                  const request_place& place) const;

  /// The fault that happens to a request to another endpoint than `/responses`; none: it goes well.
  std::optional<chosen_fault> fault_on(fault_target what, const request_view& request,
                                       std::uint64_t thread, const request_place& place) const;

  /// Puts a fault into the answer of another endpoint.
  void break_answer(const chosen_fault& x, std::uint64_t thread, const request_place& place,
                    answer& to) const;

  /// The values of templates outside of rules. They refer to the request, which must stay.
  template_values values_of(const request_view& request, std::uint64_t thread,
                            const request_place& place) const;

  const sim::scenario& scenario() const { return scenario_; }
  std::uint64_t seed() const { return seed_; }

  /// The figure that goes into the usage of a request without explicit usage.
  static std::int64_t input_tokens(const request_view& request);

private:
  /// The front of a constant reply: everything but the last event, with places for the id.
  struct prepared_reply {
    written_events events;
    std::vector<std::size_t> id_places;
  };

  using header_pairs = std::vector<std::pair<std::string, std::string>>;

  struct turn_state; // what is known while one request is answered

  static std::optional<prepared_reply> prepare(const rule& x, const sim::pace& default_pace);
  std::optional<chosen_fault> choose_fault(const rule& by, const turn_state& state) const;
  /// What an error brings, too: the request's id and the subscription's figures.
  header_pairs standard_headers(const rule& by, const turn_state& state) const;
  outcome respond_by(std::size_t index, const turn_state& state) const;
  written_events write(std::size_t index, const turn_state& state) const;
  usage_figures figures(const usage_rule& x, const turn_state& state,
                        const written_events& written) const;
  void set_pace(const sim::pace& x, const turn_state& state, const written_events& written,
                answer& to) const;

  sim::scenario scenario_;
  std::uint64_t seed_;
  std::vector<std::optional<prepared_reply>> prepared_; // by rule
};

} // namespace troupe::sim
