#include "apps/common/exchange_options.hpp"

#include "actors/model_client/exchange_store.hpp"
#include "actors/node_root/node.hpp"

#include <CLI/CLI.hpp>

#include <memory>
#include <utility>
#include <variant>

namespace troupe::common {

void add_exchange_options(CLI::App& app, const std::string& group, exchange_options& out) {
  auto* record = app
                   .add_option("--record", out.record,
                               "Keep each exchange with the model in a file in DIR, for --replay. "
                               "Prompts and answers are in there, keys are not")
                   ->type_name("DIR")
                   ->group(group);
  app
    .add_option(
      "--replay", out.replay,
      "Answer requests from a recording, without network and cost. A request that was not "
      "recorded fails and says where it differs")
    ->type_name("DIR")
    ->excludes(record)
    ->group(group);
}

std::optional<std::string> use_exchanges(const exchange_options& x, node_root::node_options& out) {
  if (x.record)
    out.record = *x.record;
  if (!x.replay)
    return std::nullopt;
  auto loaded = model_client::exchange_replay::load(*x.replay);
  if (auto* problem = std::get_if<std::string>(&loaded))
    return std::move(*problem);
  out.replay = std::make_shared<model_client::exchange_replay>(
    std::get<model_client::exchange_replay>(std::move(loaded)));
  return std::nullopt;
}

} // namespace troupe::common
