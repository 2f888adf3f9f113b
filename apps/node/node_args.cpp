#include "apps/node/node_args.hpp"

#include "apps/common/metrics_option.hpp"

#include <CLI/App.hpp>

namespace troupe::node_app {

namespace {

constexpr auto node_description =
  R"(Run a node: threads that last, ordered by JSON lines on stdin, told by JSON lines on stdout. A node that
joins another one (--join) follows it: it prints what that node's threads are and starts threads there,
within that node's [node] settings. Each that is to start threads on the other one joins it. Ctrl-C,
SIGTERM and SIGHUP end the node; the end of stdin does not. Nor does a reader of stdout that leaves: that
is told on stderr, and by exit code 1 at the end.)";

constexpr auto node_footer = R"(
Orders:
  {"op":"start","node":"NAME","prompt":"..."}        a thread on that node (no "node": here), and its events
  {"op":"submit","thread_id":"ID","prompt":"..."}    another turn of a thread started here
  {"op":"list"}                                      a line for each live thread, then list.completed
Lines on stdout, by "type":
  node.started                 once, with the port when one is open
  node.joined, node.left       a link is there or gone; "role": the other node is "followed", or a "follower"
  thread.created, thread.closed   on this node and on those it follows
  event, lagged                of threads started here; lagged: some were left out
  list.completed, error        the end of a list with the linked nodes; an order that failed: "op", "thread_id", why
What else an operator should know, a refused peer or a lost link and why, is on stderr.

Two nodes on one machine:
  troupe cluster ca init ca
  troupe cluster ca issue ca left
  troupe cluster ca issue ca right
  troupe node --credentials ca/left --listen 127.0.0.1:4711
  troupe node --credentials ca/right --join left@127.0.0.1:4711
)";

} // namespace

CLI::App& add_node_command(CLI::App& app, node_args& into) {
  auto& command = *app.add_subcommand("node", node_description);
  command.footer(node_footer);
  command.add_option("--name", into.name,
                     "Name of this node, without a certificate; with one, the name in it counts");
  command.add_option("--listen", into.listen,
                     "HOST:PORT where peers reach this node; port 0: any free one, which "
                     "node.started tells. Without it no port is opened");
  command.add_option("--join", into.join,
                     "HOST:PORT of a node to follow, or NAME@HOST:PORT to follow it only if it has "
                     "that name; dialled again and again; may be repeated");
  command.add_option("--credentials", into.credentials,
                     "Folder with this node's certificate, key and CA: what `troupe cluster ca "
                     "issue` made. --listen and --join need it");
  command.add_option("--tls-cert", into.tls.certificate,
                     "Instead of --credentials: PEM file with this node's certificate");
  command.add_option("--tls-key", into.tls.key, "PEM file with its key");
  command.add_option(
    "--tls-ca", into.tls.authority,
    "PEM file with the cluster's CA: whoever holds a certificate of it is a member");
  command
    .add_option("--offline", into.offline,
                "Use a simulated model in this process instead of a provider: a scenario's name or "
                "file")
    ->expected(0, 1)
    ->default_str("default");
  command.add_option("--seed", into.seed, "Seed of the simulated model");
  common::add_metrics_option(command, "Options", into.metrics_port);
  common::add_override_options(command, into.overrides);
  return command;
}

} // namespace troupe::node_app
