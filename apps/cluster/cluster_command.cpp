#include "apps/cluster/cluster_command.hpp"

#include "apps/common/exit_codes.hpp"
#include "apps/common/output_channel.hpp"
#include "config/node_authority.hpp"
#include "config/node_identity.hpp"

#include <chrono>
#include <CLI/App.hpp>
#include <fmt/format.h>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unistd.h>
#include <variant>

namespace troupe::cluster_app {

namespace {

constexpr auto cluster_description = "Look after a cluster of nodes.";

constexpr auto ca_description =
  "Make the certificates that nodes link up with. A cluster has an authority of its own; whoever "
  "holds a certificate of it is a member, under the name in it.";

constexpr auto ca_footer = R"(
Two nodes, in a few commands:
  troupe cluster ca init ca
  troupe cluster ca issue ca left
  troupe cluster ca issue ca right
  troupe node --credentials ca/left --listen 127.0.0.1:4711
  troupe node --credentials ca/right --join left@127.0.0.1:4711

For a node on another machine copy its folder there, and nothing else: ca.key stays where it is, for
who has it can make members. A certificate ends with its lifetime; issue a new one into a new folder
and move its files over the old ones: running nodes notice. Settings of what members may do here:
[node] in config.toml.
)";

constexpr auto init_description =
  "Make an authority in the new folder DIR: its key (ca.key, for its owner only) and its "
  "certificate (ca.pem). Nothing that exists is overwritten.";

constexpr auto issue_description =
  "Make the certificate of the node NAME, by the authority in DIR: a folder with node.key, "
  "node.pem and ca.pem, which is what `troupe node --credentials` takes. Its name is "
  "troupe://CLUSTER/NAME.";

struct ca_options {
  std::string folder;
  std::string cluster = "troupe";
  std::string node;
  std::string out;
  int authority_days = static_cast<int>(config::authority_lifetime.count());
  int node_days = static_cast<int>(config::node_lifetime.count());
};

/// `name` is what the command line called the cluster or the node.
int refuse(const std::string& problem, std::string_view name) {
  common::output_channel{STDERR_FILENO}.write(fmt::format("Error: {}\n", problem));
  return config::is_node_name(name) ? common::exit_failed : common::exit_usage;
}

int init(const ca_options& x) {
  if (const auto problem =
        config::make_authority(x.folder, x.cluster, std::chrono::days{x.authority_days}))
    return refuse(*problem, x.cluster);
  return common::print(fmt::format("The cluster {} has an authority in {}. Next, for each node:\n"
                                   "  troupe cluster ca issue {} NAME\n",
                                   x.cluster, x.folder, x.folder));
}

int issue(const ca_options& x) {
  const auto out = x.out.empty() ? x.folder + '/' + x.node : x.out;
  const auto made =
    config::issue_certificate(x.folder, x.node, out, std::chrono::days{x.node_days});
  if (const auto* problem = std::get_if<std::string>(&made))
    return refuse(*problem, x.node);
  const auto& issued = std::get<config::issued_certificate>(made);
  const auto why = issued.is_cut
                     ? fmt::format(", with the authority, not after {} days", x.node_days)
                     : std::string{};
  return common::print(
    fmt::format("Node {} has its certificate in {}. It ends on {}{}. Start it with:\n"
                "  troupe node --credentials {} --listen HOST:PORT\n",
                x.node, out, issued.last_day, why, out));
}

void add_days(CLI::App& command, int& days) {
  command.add_option("--days", days, "Lifetime of the certificate")
    ->check(CLI::Range(1, 36'500))
    ->capture_default_str();
}

} // namespace

void add_command(CLI::App& app, std::function<int()>& selected) {
  auto* cluster = app.add_subcommand("cluster", cluster_description);
  cluster->require_subcommand(1);
  auto* ca = cluster->add_subcommand("ca", ca_description);
  ca->footer(ca_footer);
  ca->require_subcommand(1);
  const auto options = std::make_shared<ca_options>();
  auto* make = ca->add_subcommand("init", init_description);
  make->add_option("DIR", options->folder, "Folder of the authority")->required();
  make->add_option("--cluster", options->cluster, "Name of the cluster")->capture_default_str();
  add_days(*make, options->authority_days);
  make->callback([options, &selected] { selected = [options] { return init(*options); }; });
  auto* sign = ca->add_subcommand("issue", issue_description);
  sign->add_option("DIR", options->folder, "Folder of the authority")->required();
  sign->add_option("NAME", options->node, "Name of the node")->required();
  sign->add_option("--out", options->out, "Folder for the node; default: DIR/NAME");
  add_days(*sign, options->node_days);
  sign->callback([options, &selected] { selected = [options] { return issue(*options); }; });
}

} // namespace troupe::cluster_app
