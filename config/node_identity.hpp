#pragma once

#include <optional>
#include <string>
#include <string_view>

struct x509_st;

/// Who a node is: what its certificate says in its one name of the form `troupe://CLUSTER/NODE`
/// (contract cluster.md 11).
namespace troupe::config {

struct node_identity {
  std::string cluster;
  std::string node;
  bool operator==(const node_identity&) const = default;
};

/// Names of clusters and nodes: 1 to 64 letters, digits, '-', '_' and '.', the first no sign.
bool is_node_name(std::string_view x);

std::string to_uri(const node_identity& x);

/// 12 bytes that every id of this node bears, made of its name: an id that another member shows is
/// seen to be none of its own, whoever shows it first.
std::string node_mark(const node_identity& x);
std::optional<node_identity> parse_node_uri(std::string_view x);

/// The name in a certificate; none when there is none, or more than one.
std::optional<node_identity> identity_in(const x509_st& certificate);

} // namespace troupe::config
