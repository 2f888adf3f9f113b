#include "config/node_identity.hpp"

#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <memory>

namespace troupe::config {

namespace {

constexpr std::string_view scheme = "troupe://";
constexpr std::size_t max_name_bytes = 64;

bool is_alphanumeric(char x) {
  return (x >= 'a' && x <= 'z') || (x >= 'A' && x <= 'Z') || (x >= '0' && x <= '9');
}

} // namespace

bool is_node_name(std::string_view x) {
  return !x.empty() && x.size() <= max_name_bytes && is_alphanumeric(x.front()) &&
         std::ranges::all_of(
           x, [](char c) { return is_alphanumeric(c) || c == '-' || c == '_' || c == '.'; });
}

std::string to_uri(const node_identity& x) {
  return std::string{scheme} + x.cluster + '/' + x.node;
}

std::string node_mark(const node_identity& x) {
  constexpr std::size_t mark_bytes = 12;
  const auto name = to_uri(x);
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(name.data()), name.size(), digest.data());
  return {digest.begin(), digest.begin() + mark_bytes};
}

std::optional<node_identity> parse_node_uri(std::string_view x) {
  if (!x.starts_with(scheme))
    return std::nullopt;
  x.remove_prefix(scheme.size());
  const auto slash = x.find('/');
  if (slash == std::string_view::npos)
    return std::nullopt;
  const auto cluster = x.substr(0, slash);
  const auto node = x.substr(slash + 1);
  if (!is_node_name(cluster) || !is_node_name(node))
    return std::nullopt;
  return node_identity{std::string{cluster}, std::string{node}};
}

std::optional<node_identity> identity_in(const x509_st& certificate) {
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> names{
    static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)),
    GENERAL_NAMES_free};
  std::optional<node_identity> found;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const auto* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_URI)
      continue;
    const auto* text = name->d.uniformResourceIdentifier;
    const auto identity =
      parse_node_uri({reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                      static_cast<std::size_t>(ASN1_STRING_length(text))});
    if (!identity || found)
      return std::nullopt;
    found = identity;
  }
  return found;
}

} // namespace troupe::config
