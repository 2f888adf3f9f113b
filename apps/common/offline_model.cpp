#include "apps/common/offline_model.hpp"

#include "apps/common/exit_codes.hpp"
#include "apps/sim/builtin.hpp"

#include <utility>

namespace troupe::common {

namespace {

constexpr const char* provider_id = "sim";

} // namespace

offline_model::offline_model(sim::scenario scenario, std::optional<std::uint64_t> seed)
  : simulator_(pool_, std::move(scenario), {.seed = seed}) {}

std::variant<std::unique_ptr<offline_model>, offline_model::problem>
offline_model::start(const std::string& scenario, std::optional<std::uint64_t> seed) {
  auto opened = sim::open_scenario(scenario);
  if (auto* text = std::get_if<std::string>(&opened))
    return problem{std::move(*text), exit_usage};
  std::unique_ptr<offline_model> out{
    new offline_model{std::get<sim::scenario>(std::move(opened)), seed}};
  if (auto text = out->simulator_.start())
    return problem{*std::move(text), exit_failed};
  return out;
}

void offline_model::use_in(config::config& settings) const {
  config::provider provider;
  provider.name = "simulated model";
  provider.base_url = simulator_.base_url();
  provider.is_simulated = true;
  settings.model_provider_id = provider_id;
  settings.model_provider = provider;
  settings.model_providers.insert_or_assign(provider_id, std::move(provider));
}

} // namespace troupe::common
