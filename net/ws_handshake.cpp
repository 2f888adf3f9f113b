#include "net/ws_handshake.hpp"

#include "net/wire/base64.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>

namespace troupe::net {

namespace {

constexpr std::size_t key_bytes = 16;
constexpr std::size_t key_text_bytes = 24; // in base64

constexpr auto protocol_headers = std::to_array<std::string_view>(
  {"Upgrade", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version", "Sec-WebSocket-Accept",
   "Sec-WebSocket-Extensions"});

void add_foreign(const header_list& own, header_list& to) {
  for (const auto& x : own)
    if (std::ranges::none_of(protocol_headers,
                             [&](auto name) { return equals_ignoring_case(name, x.name); }))
      to.add(x.name, x.value);
}

// All values of `name` as one list.
std::string joined(const header_list& headers, std::string_view name) {
  std::string all;
  for (const auto& x : headers)
    if (equals_ignoring_case(x.name, name))
      all.append(all.empty() ? "" : ", ").append(x.value);
  return all;
}

} // namespace

std::string ws_accept_value(std::string_view key) {
  const auto text = std::string{key} + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; // RFC 6455, 1.3
  std::array<unsigned char, 20> digest{};
  EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha1(), nullptr);
  return to_base64({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

bool lists_token(const header_list& headers, std::string_view name, std::string_view token) {
  const auto all = joined(headers, name);
  std::string_view rest = all;
  while (!rest.empty()) {
    auto entry = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(entry.size() + 1, rest.size()));
    const auto first = entry.find_first_not_of(" \t");
    if (first == std::string_view::npos)
      continue;
    entry = entry.substr(first, entry.find_last_not_of(" \t") - first + 1);
    if (equals_ignoring_case(entry, token))
      return true;
  }
  return false;
}

ws_client_handshake ws_client_handshake::make(deflate compression) {
  std::string bytes(key_bytes, '\0');
  RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  return {to_base64(bytes), compression};
}

header_list ws_client_handshake::headers(const header_list& own) const {
  header_list result;
  result.add("Connection", "Upgrade");
  result.add("Upgrade", "websocket");
  result.add("Sec-WebSocket-Version", "13");
  result.add("Sec-WebSocket-Key", key);
  if (compression == deflate::offered)
    result.add("Sec-WebSocket-Extensions", ws_deflate_offer);
  add_foreign(own, result);
  return result;
}

std::variant<ws_client_handshake::agreement, std::string>
ws_client_handshake::check(const header_list& answer, const header_list& own) const {
  if (!lists_token(answer, "Upgrade", "websocket") || !lists_token(answer, "Connection", "upgrade"))
    return "the server switched to another protocol";
  if (answer.find("Sec-WebSocket-Accept") != ws_accept_value(key))
    return "the server's answer belongs to another handshake";
  if (const auto chosen = answer.find("Sec-WebSocket-Protocol");
      chosen && !lists_token(own, "Sec-WebSocket-Protocol", *chosen))
    return "the server chose a subprotocol that was not offered";
  agreement result;
  if (const auto extensions = joined(answer, "Sec-WebSocket-Extensions"); !extensions.empty()) {
    if (compression == deflate::offered)
      result.compression = read_deflate_answer(extensions);
    if (!result.compression)
      return "the server chose an extension that was not offered";
  }
  return result;
}

ws_server_handshake ws_server_handshake::answer_to(const header_list& request,
                                                   const header_list& own) {
  ws_server_handshake result;
  result.headers.add("Upgrade", "websocket");
  result.headers.add("Connection", "Upgrade");
  result.headers.add("Sec-WebSocket-Accept",
                     ws_accept_value(request.find("Sec-WebSocket-Key").value_or("")));
  if (auto accepted = accept_deflate_offer(joined(request, "Sec-WebSocket-Extensions"))) {
    result.compression = accepted->agreed;
    result.headers.add("Sec-WebSocket-Extensions", accepted->answer);
  }
  add_foreign(own, result.headers);
  return result;
}

bool asks_for_websocket(const server_request& x) {
  const auto key = x.headers.find("Sec-WebSocket-Key");
  return x.method == "GET" && lists_token(x.headers, "Upgrade", "websocket") &&
         lists_token(x.headers, "Connection", "upgrade") && key && key->size() == key_text_bytes &&
         x.headers.find("Sec-WebSocket-Version") == "13";
}

} // namespace troupe::net
