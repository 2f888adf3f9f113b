#include "net/http_server.hpp"

#include "net/http_session.hpp"
#include "net/ws_link.hpp"

#include <utility>

namespace troupe::net {

namespace {

// Runs `action` with the session while that is at the request of `control`, else `otherwise`.
template <class Action, class Otherwise>
void with_session(const std::shared_ptr<responder::control>& control, Action action,
                  Otherwise otherwise) {
  if (!control)
    return;
  control->lane->dispatch(
    [control, action = std::move(action), otherwise = std::move(otherwise)]() mutable {
      const auto session = control->session.lock();
      if (session && session->is_answering(control->request))
        action(*session);
      else
        otherwise();
    });
}

template <class Action>
void with_session(const std::shared_ptr<responder::control>& control, Action action) {
  with_session(control, std::move(action), [] {});
}

// Hands a socket over to the session that is to carry it.
struct acceptance {
  std::shared_ptr<responder::control> control;
  std::shared_ptr<ws_link> socket;
  header_list headers;

  void operator()() {
    const auto session = control->session.lock();
    if (session && session->is_answering(control->request))
      session->accept_websocket(std::exchange(socket, nullptr), headers);
    else
      std::exchange(socket, nullptr)
        ->refuse({.error = net_errc::closed_early, .detail = "the client is gone"});
  }
};

} // namespace

responder::control::~control() {
  lane->dispatch([session = session, request = request] {
    const auto x = session.lock();
    if (x && x->is_answering(request))
      x->on_responder_dropped();
  });
}

void responder::answer(int status, header_list headers, std::string body) const {
  with_session(control_, [status, headers = std::move(headers), body = std::move(body)](auto& x) {
    x.answer(status, headers, body);
  });
}

void responder::start_stream(int status, header_list headers) const {
  with_session(
    control_, [status, headers = std::move(headers)](auto& x) { x.start_stream(status, headers); });
}

void responder::write(std::string piece, std::function<void(net_errc)> on_sent) const {
  with_session(
    control_, [piece = std::move(piece), on_sent](auto& x) { x.write(piece, on_sent); },
    [on_sent] {
      if (on_sent)
        on_sent(net_errc::closed_early);
    });
}

void responder::finish() const {
  with_session(control_, [](auto& x) { x.finish(); });
}

void responder::cut(cut_mode mode) const {
  with_session(control_, [mode](auto& x) { x.cut(mode); });
}

ws_handle responder::accept_websocket(ws_handlers handlers, header_list headers) const {
  if (!control_) {
    if (handlers.on_done)
      handlers.on_done({.error = net_errc::closed_early});
    return {};
  }
  auto shared = std::make_shared<ws_handle::control>(control_->lane, unlimited_credit);
  acceptance accept{control_,
                    std::make_shared<ws_link>(shared, ws_link::settings{.role = ws_role::server},
                                              std::move(handlers)),
                    std::move(headers)};
  shared->link = accept.socket;
  if (!control_->lane->dispatch(std::move(accept))) // then nothing has been moved
    accept.socket->refuse({.error = net_errc::stopped});
  return ws_handle{std::move(shared)};
}

void responder::hang() const {
  with_session(control_, [](auto& x) { x.hang(); });
}

std::size_t responder::unsent_bytes() const {
  return control_ ? control_->unsent_bytes->load(std::memory_order_relaxed) : 0;
}

void responder::on_disconnect(std::function<void()> run) const {
  with_session(
    control_, [run](auto& x) { x.on_disconnect(run); },
    [run, control = control_] {
      if (control->is_lost)
        run();
    });
}

} // namespace troupe::net
