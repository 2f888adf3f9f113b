#include "net/ws_opening.hpp"

#include "net/http_call.hpp"
#include "net/ws_handshake.hpp"

#include <utility>
#include <variant>

namespace troupe::net {

namespace {

http_request handshake_request(const ws_request& x, const ws_client_handshake& handshake) {
  http_request result;
  result.url = http_form_of(x.url);
  result.headers = handshake.headers(x.headers);
  result.limits.connect = x.limits.connect;
  result.limits.head = x.limits.handshake;
  result.limits.idle = x.limits.handshake; // the body of a refusal
  return result;
}

// Of an exchange that did not become a WebSocket. What of a refusal has come counts, even when its
// end did not.
ws_outcome refusal_of(call_outcome x) {
  if (x.head.status == 0)
    return {.error = x.error, .detail = std::move(x.detail)};
  return {.error = net_errc::ws_refused,
          .detail = "status " + std::to_string(x.head.status),
          .head = std::move(x.head),
          .body = std::move(x.body)};
}

struct carrier {
  std::unique_ptr<connection> link;
  exchange_gate::slot slot;
};

struct switching {
  std::shared_ptr<ws_link> socket;
  ws_client_handshake handshake;
  header_list own_headers;

  void operator()(const response_head& head, std::unique_ptr<connection> link,
                  exchange_gate::slot slot) const {
    const auto verdict = handshake.check(head.headers, own_headers);
    if (const auto* flaw = std::get_if<std::string>(&verdict))
      return socket->refuse({.error = net_errc::bad_response, .detail = *flaw, .head = head});
    const auto keeper = std::make_shared<carrier>(std::move(link), std::move(slot));
    socket->open({.owner = keeper,
                  .link = &keeper->link->link,
                  .input = &keeper->link->input,
                  .compression = std::get<ws_client_handshake::agreement>(verdict).compression,
                  .on_closed = {}},
                 head);
  }
};

} // namespace

void ws_opening::operator()() {
  const auto socket = std::exchange(link, nullptr);
  const auto handshake = ws_client_handshake::make(request.compression == ws_request::deflate::offer
                                                     ? ws_client_handshake::deflate::offered
                                                     : ws_client_handshake::deflate::no);
  http_call::task task{
    .request = handshake_request(request, handshake),
    .handlers = {.on_head = {},
                 .on_chunk = {},
                 .on_done = [socket](call_outcome x) { socket->refuse(refusal_of(std::move(x))); }},
    .collect_limit = max_error_body_bytes,
    .take_over = switching{socket, handshake, request.headers},
  };
  const auto control = std::make_shared<call_handle::control>(pool->lane(), unlimited_credit);
  const auto call = std::make_shared<http_call>(pool, control, std::move(task));
  control->call = call;
  const bool waits = socket->wait_for_connection([running = std::weak_ptr{call}] {
    if (const auto x = running.lock())
      x->cancel();
  });
  if (!waits)
    return;
  if (pool->enrol_call(*socket))
    call->start();
  else
    socket->cancel();
}

} // namespace troupe::net
