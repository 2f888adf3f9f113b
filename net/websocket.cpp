#include "net/websocket.hpp"

#include "net/ws_link.hpp"

#include <utility>

namespace troupe::net {

namespace {

using ws_control_ptr = std::shared_ptr<ws_handle::control>;

template <class Action>
bool on_link_of(const ws_control_ptr& control, Action action) {
  return control && control->lane->dispatch([control, action = std::move(action)]() mutable {
    if (const auto link = control->link.lock())
      action(*link);
  });
}

// A notice comes in any case, also when the socket or its lane is long gone.
void send_on_lane(const ws_control_ptr& control, ws_frame kind, std::vector<body_part> parts,
                  ws_handle::notice on_sent) {
  if (!control)
    return;
  const bool runs = control->lane->dispatch([control, kind, parts = std::move(parts), on_sent] {
    if (const auto link = control->link.lock())
      link->send(kind, parts, on_sent);
    else if (on_sent)
      on_sent(net_errc::closed_early);
  });
  if (!runs && on_sent)
    on_sent(net_errc::stopped);
}

body_part part_of(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

} // namespace

void ws_handle::send(std::vector<body_part> parts, notice on_sent) const {
  send_on_lane(control_, ws_frame::text, std::move(parts), std::move(on_sent));
}

void ws_handle::send(std::string text, notice on_sent) const {
  send({part_of(std::move(text))}, std::move(on_sent));
}

void ws_handle::send_binary(std::string bytes, notice on_sent) const {
  send_on_lane(control_, ws_frame::binary, {part_of(std::move(bytes))}, std::move(on_sent));
}

void ws_handle::ping(std::string payload) const {
  on_link_of(control_, [payload = std::move(payload)](ws_link& x) { x.ping(payload); });
}

void ws_handle::close(ws_close with) const {
  on_link_of(control_, [with = std::move(with)](ws_link& x) { x.close(with); });
}

void ws_handle::cancel() const {
  on_link_of(control_, [](ws_link& x) { x.cancel(); });
}

void ws_handle::cut(cut_mode mode) const {
  on_link_of(control_, [mode](ws_link& x) { x.cut(mode); });
}

void ws_handle::grant(std::uint64_t messages) const {
  if (!control_ || control_->window.grant(messages) != credit::reader_state::parked)
    return;
  // Posted even on the lane: the message that waited must not come inside another handler.
  control_->lane->post([control = control_] {
    if (const auto link = control->link.lock())
      link->resume();
  });
}

void ws_handle::rest() const {
  on_link_of(control_, [](ws_link& x) { x.rest(); });
}

void ws_handle::advance() const {
  if (control_)
    control_->advanced_at.store(std::chrono::steady_clock::now().time_since_epoch().count(),
                                std::memory_order_relaxed);
}

std::size_t ws_handle::unsent_bytes() const {
  return control_ ? control_->unsent_bytes.load(std::memory_order_relaxed) : 0;
}

} // namespace troupe::net
